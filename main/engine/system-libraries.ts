/** Shared libraries of the system and the drivers that name them: where they lie, and whether they are still the same. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** Folders that the dynamic linker of Linux searches, those that are named first. Others than Linux have none here. */
export function libraryFolders(): readonly string[] {
  if (process.platform !== 'linux') return [];
  const named = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder !== '');
  const cuda = (attempt(() => readdirSync('/usr/local')) ?? []).filter((name) => name.startsWith('cuda'));
  const usual = [
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib/aarch64-linux-gnu',
    '/usr/lib64',
    '/usr/lib',
    '/usr/lib/wsl/lib', // the driver of Windows, as its Linux sees it
    ...cuda.flatMap((name) => [join('/usr/local', name, 'lib64'), join('/usr/local', name, 'lib')]),
  ];
  return [...new Set([...named, ...cachedFolders(), ...usual])];
}

/** Those of the linker's own list: packages put theirs anywhere. */
function cachedFolders(): readonly string[] {
  const list = ['/sbin/ldconfig', '/usr/sbin/ldconfig']
    .filter((path) => existsSync(path))
    .map((path) => attempt(() => execFileSync(path, ['-p'], { encoding: 'utf8', timeout: 5000 })))
    .find((answer) => answer !== null);
  return foldersOf(list ?? '');
}

/** The folders in what `ldconfig -p` prints: `libcuda.so.1 (libc6,x86-64) => /usr/lib/libcuda.so.1`. */
export function foldersOf(list: string): readonly string[] {
  return [...new Set([...list.matchAll(/=> (\/.+)$/gm)].map(([, path]) => dirname(path!)))];
}

/** The path of a library, or null. */
export function findLibrary(name: string, folders: readonly string[]): string | null {
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** Another one whenever the file is replaced: path, size and time. */
export function stateOf(path: string): string {
  const status = attempt(() => statSync(path));
  return status ? `${path} ${status.size} ${Math.round(status.mtimeMs)}` : `${path} absent`;
}

/** Where Vulkan's loader looks for the manifests of drivers on Linux. */
const MANIFEST_FOLDERS = [
  '/etc/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  '/usr/share/vulkan/icd.d',
  join(homedir(), '.local/share/vulkan/icd.d'),
];

/** Paths of the manifests of Vulkan's drivers; the loader's own variables decide where they are set. */
export function vulkanManifests(folders: readonly string[] = MANIFEST_FOLDERS): readonly string[] {
  const chosen = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (chosen !== undefined) return chosen.split(':').filter((path) => path !== '');
  return folders.flatMap((folder) =>
    (attempt(() => readdirSync(folder)) ?? [])
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(folder, name)),
  );
}

/** The library that a manifest names: by its path, by its path from the manifest, or by its name alone. */
export function libraryOfManifest(manifest: string, folders: readonly string[]): string | null {
  const named = attempt(() => JSON.parse(readFileSync(manifest, 'utf8')).ICD.library_path as unknown);
  if (typeof named !== 'string') return null;
  if (isAbsolute(named)) return named;
  return named.includes('/') ? join(dirname(manifest), named) : findLibrary(named, folders);
}

/** What `read` gives, or null where it throws. */
export function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
