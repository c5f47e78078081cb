import { expect, it } from 'vitest';
import { packagePathIn } from './bundled-packages.ts';

it('finds the package that a module is of, scoped, nested, with a query and with Windows’ slashes', () => {
  expect(packagePathIn('/home/a/node_modules/svelte/src/index.js')).toBe('node_modules/svelte');
  expect(packagePathIn('/a/node_modules/@x/y/dist/z.js?worker')).toBe('node_modules/@x/y');
  expect(packagePathIn('/a/node_modules/@x/y/node_modules/b/c.js')).toBe('node_modules/@x/y/node_modules/b');
  expect(packagePathIn('C:\\a\\node_modules\\b\\c.js')).toBe('node_modules/b');
});

it('takes our own files and the bundler’s for no package', () => {
  expect(packagePathIn('/a/renderer/main.ts')).toBeNull();
  expect(packagePathIn('\0/a/node_modules/vite/preload-helper.js')).toBeNull();
});
