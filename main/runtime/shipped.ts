/** What a packed application is made of, as its archive, its folder and the bundler's lists tell. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { openArchive } from './archive.ts';
import { bundledPackages, packagePathIn } from './bundled-packages.ts';
import { projectRoot, SetupError } from './command.ts';
import { type LockedPackage, lockedPackages } from './licences.ts';

export interface ShippedFile {
  /** Below the resources, with forward slashes. */
  readonly path: string;
  readonly sha256: string;
}

export interface ShippedPackage extends LockedPackage {
  /** Whether its own files are in the archive; else the bundler took it into the application's. */
  readonly packed: boolean;
}

/** Code outside JavaScript. */
const NATIVE = /\.(node|so(\.\d+)*|dll|dylib|wasm)$/;

/** npm packages in the resources of a packed application. @throws SetupError for one that the lock file does not know */
export function shippedPackages(resources: string): readonly ShippedPackage[] {
  const locked = lockedPackages();
  const bundled = bundledPackages().map((path) => {
    const entry = locked.find((candidate) => candidate.path === path);
    if (entry === undefined) throw new SetupError(`${path} was bundled, but is not in package-lock.json.`);
    return { ...entry, packed: false };
  });
  const packed = packedPackages(resources).map(({ name, version }) => {
    const same = locked.filter((candidate) => candidate.name === name && candidate.version === version);
    const entry = same.find(({ path }) => existsSync(join(projectRoot, path)));
    if (entry === undefined)
      throw new SetupError(`${name} ${version} was packed, but package-lock.json names no such.`);
    return { ...entry, packed: true };
  });
  const inFiles = new Set(packed.map(({ path }) => path));
  return [...packed, ...bundled.filter(({ path }) => !inFiles.has(path))].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Their places are electron-builder's own, so they are known by what they say of themselves. */
function packedPackages(resources: string): readonly Pick<LockedPackage, 'name' | 'version'>[] {
  const archive = openArchive(join(resources, 'app.asar'));
  const folders = new Set(archive.paths.flatMap((path) => packagePathIn(path) ?? []));
  return [...folders].map((folder) => JSON.parse(archive.read(`${folder}/package.json`).toString()));
}

export function nativeFiles(resources: string): readonly ShippedFile[] {
  return filesBelow(resources)
    .filter((path) => NATIVE.test(path))
    .map((path) => hashed(resources, path));
}

export interface ShippedModel {
  readonly name: string;
  readonly licence: string;
  readonly files: readonly ShippedFile[];
}

export function shippedModels(resources: string): readonly ShippedModel[] {
  const models = 'app.asar.unpacked/models';
  return readdirSync(join(resources, models))
    .sort()
    .map((folder) => {
      const pack = `${models}/${folder}/pack`;
      const manifest = JSON.parse(readFileSync(join(resources, pack, 'manifest.json'), 'utf8')) as ShippedModel;
      const files = readdirSync(join(resources, pack))
        .sort()
        .map((name) => hashed(resources, `${pack}/${name}`));
      return { name: manifest.name, licence: manifest.licence, files };
    });
}

export interface Library {
  readonly name: string;
  readonly version: string;
  /** Of the npm package that holds it, compiled. */
  readonly inside: string;
}

/** Libraries compiled into native packages. */
export function compiledLibraries(packages: readonly ShippedPackage[]): readonly Library[] {
  return packages.flatMap(({ path, name }) => {
    if (name === 'better-sqlite3-multiple-ciphers') return sqliteIn(path);
    if (name === 'onnxruntime-node') return [{ name: 'onnxruntime', version: versionOf(path), inside: path }];
    const versions = join(projectRoot, path, 'versions.json');
    if (!name.startsWith('@img/') || !existsSync(versions)) return [];
    return Object.entries(JSON.parse(readFileSync(versions, 'utf8')) as Record<string, string>).map(
      ([library, version]) => ({ name: library, version, inside: path }),
    );
  });
}

function sqliteIn(path: string): readonly Library[] {
  const header = readFileSync(join(projectRoot, path, 'deps', 'sqlite3', 'sqlite3.h'), 'utf8');
  const find = (pattern: RegExp) => header.match(pattern)?.[1] ?? 'unknown';
  return [
    { name: 'sqlite', version: find(/#define SQLITE_VERSION\s+"([^"]+)"/), inside: path },
    { name: 'sqlite3mc', version: find(/SQLITE3MC_VERSION_STRING\s+"[^"]* ([\d.]+)"/), inside: path },
  ];
}

const versionOf = (path: string) =>
  (JSON.parse(readFileSync(join(projectRoot, path, 'package.json'), 'utf8')) as { version: string }).version;

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

const hashed = (folder: string, path: string): ShippedFile => ({
  path,
  sha256: createHash('sha256')
    .update(readFileSync(join(folder, path)))
    .digest('hex'),
});
