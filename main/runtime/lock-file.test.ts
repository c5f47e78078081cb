import { expect, it } from 'vitest';
import { differences } from './lock-file.ts';

it('finds what is installed in another version than the lock file names, or without it', () => {
  const locked = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/other-platform': { version: '3.0.0' },
  };
  expect(differences(locked, { 'node_modules/a': { version: '1.0.0' } })).toEqual([]);
  expect(
    differences(locked, { 'node_modules/a': { version: '1.0.1' }, 'node_modules/b': { version: '2.0.0' } }),
  ).toEqual([
    'node_modules/a: 1.0.1 is installed, 1.0.0 is locked',
    'node_modules/b: 2.0.0 is installed, none is locked',
  ]);
});
