/** Which npm packages the bundler took into each part of the application: a package's own folder does not show that. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { projectRoot } from './command.ts';

const LIST = 'bundled-packages.json';

/** Writes the list beside what was built. `inWorkers` goes into Vite's `worker.plugins`: workers are bundles of their own. */
export function notesBundledPackages(): { readonly plugin: Plugin; readonly inWorkers: Plugin } {
  const noted = new Set<string>();
  const note = (bundle: Bundle) => {
    for (const file of Object.values(bundle))
      for (const id of file.type === 'chunk' ? Object.keys(file.modules) : file.originalFileNames) {
        const path = packagePathIn(id);
        if (path !== null) noted.add(path);
      }
  };
  return {
    plugin: {
      name: 'notes-bundled-packages',
      writeBundle({ dir }, bundle) {
        note(bundle);
        writeFileSync(join(dir ?? '', LIST), JSON.stringify([...noted].sort(), null, 1));
      },
    },
    inWorkers: { name: 'notes-packages-of-workers', generateBundle: (_, bundle) => note(bundle) },
  };
}

type Bundle = Readonly<
  Record<
    string,
    | { readonly type: 'chunk'; readonly modules: object }
    | { readonly type: 'asset'; readonly originalFileNames: readonly string[] }
  >
>;

/** `node_modules/a/node_modules/b` of a module's path below it, as package-lock.json names packages; null for our own. */
export function packagePathIn(moduleId: string): string | null {
  const id = moduleId.replaceAll('\\', '/');
  const last = id.lastIndexOf('node_modules/');
  if (last < 0 || id.startsWith('\0')) return null;
  const name = id
    .slice(last + 'node_modules/'.length)
    .split('/')
    .slice(0, id.startsWith('@', last + 'node_modules/'.length) ? 2 : 1)
    .join('/');
  return `${id.slice(id.indexOf('node_modules/'), last)}node_modules/${name}`;
}

/** Of all parts as they were built. @throws an error of the file system when one was not built. */
export function bundledPackages(): readonly string[] {
  const lists = ['main', 'preload', 'renderer'].map((part) => join(projectRoot, 'dist', part, LIST));
  return [...new Set(lists.flatMap((list) => JSON.parse(readFileSync(list, 'utf8')) as string[]))].sort();
}
