/**
 * Builds the application into dist/, each part only when its sources changed: `main` (main.cjs, engine-process.cjs,
 * reader-process.cjs, network-process.cjs), `preload` (preload.cjs) and `renderer` (the window).
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import type { InlineConfig } from 'vite';
import { notesBundledPackages } from './bundled-packages.ts';
import { withLock } from './cache.ts';
import { projectRoot, say } from './command.ts';

const dist = join(projectRoot, 'dist');

/** Native or WebAssembly packages that are loaded from node_modules at run time; all others are bundled. */
const EXTERNAL = [
  'electron',
  'better-sqlite3-multiple-ciphers',
  'onnxruntime-node',
  'sharp',
  'dcmjs-codecs',
  'subset-font',
];

const TOOLING = ['package-lock.json', 'vite.config.ts', 'main/runtime/bundle.ts', 'main/runtime/bundled-packages.ts'];

/** What goes into each part: its files decide whether it is built anew. */
const SOURCES = {
  main: ['main', 'preload/contract', ...TOOLING],
  preload: ['preload', ...TOOLING],
  renderer: ['renderer', 'preload/contract', 'svelte.config.js', ...TOOLING],
};

export type Part = keyof typeof SOURCES;

/** @throws the bundler's error when a source does not build. */
export async function ensureBuilt(parts: readonly Part[]): Promise<void> {
  for (const part of parts) {
    if (isFresh(part)) continue;
    await withLock(join(dist, `${part}.lock`), async () => {
      if (!isFresh(part)) await build(part);
    });
  }
}

const stampOf = (part: Part) => join(dist, part, '.built-from');

function isFresh(part: Part): boolean {
  return existsSync(stampOf(part)) && readFileSync(stampOf(part), 'utf8') === fingerprint(part);
}

/** Names, sizes and times of the sources: equal as long as nothing was touched, added or removed. */
function fingerprint(part: Part): string {
  const hash = createHash('sha1');
  const visit = (path: string): void => {
    const status = statSync(path, { throwIfNoEntry: false });
    if (!status || path.endsWith('.test.ts')) return;
    if (status.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else hash.update(`${relative(projectRoot, path)} ${status.size} ${status.mtimeMs}\n`);
  };
  for (const source of SOURCES[part]) visit(join(projectRoot, source));
  return hash.digest('hex');
}

/** Builds beside the old output and swaps, so that a running application never sees half of it. */
async function build(part: Part): Promise<void> {
  const stamp = fingerprint(part);
  const output = join(dist, `${part}.new`);
  rmSync(output, { recursive: true, force: true });
  say(`Building ${part}.`);
  const vite = await import('vite');
  await vite.build({ logLevel: 'warn', ...CONFIGS[part](output) });
  writeFileSync(join(output, '.built-from'), stamp);

  const target = join(dist, part);
  const old = join(dist, `${part}.old`);
  rmSync(old, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  if (existsSync(target)) renameSync(target, old);
  renameSync(output, target);
  rmSync(old, { recursive: true, force: true });
}

const CONFIGS = { main: mainConfig, preload: preloadConfig, renderer: rendererConfig };

function mainConfig(output: string): InlineConfig {
  return {
    configFile: false,
    root: projectRoot,
    plugins: [notesBundledPackages().plugin],
    ssr: { noExternal: true, external: EXTERNAL },
    build: {
      ssr: true,
      target: 'node20.18',
      outDir: output,
      emptyOutDir: false,
      sourcemap: true,
      rolldownOptions: {
        input: {
          main: join(projectRoot, 'main', 'app', 'main.ts'),
          'engine-process': join(projectRoot, 'main', 'engine', 'engine-process.ts'),
          'reader-process': join(projectRoot, 'main', 'reader', 'reader-process.ts'),
          'network-process': join(projectRoot, 'main', 'network', 'network-process.ts'),
        },
        external: [...EXTERNAL, /^node:/, ...builtinModules],
        checks: { pluginTimings: false },
        output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' },
      },
    },
  };
}

/** One file: a sandboxed preload can require nothing but electron. */
function preloadConfig(output: string): InlineConfig {
  return {
    configFile: false,
    root: projectRoot,
    plugins: [notesBundledPackages().plugin],
    ssr: { noExternal: true, external: ['electron'] },
    build: {
      ssr: true,
      target: 'chrome130',
      outDir: output,
      emptyOutDir: false,
      rolldownOptions: {
        input: { preload: join(projectRoot, 'preload', 'preload.ts') },
        external: ['electron'],
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  };
}

function rendererConfig(output: string): InlineConfig {
  return { configFile: join(projectRoot, 'vite.config.ts'), build: { outDir: output, emptyOutDir: true } };
}
