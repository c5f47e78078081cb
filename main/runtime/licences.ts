/** Licences of the packages that the product is made of, as package-lock.json and the packages themselves declare them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { projectRoot } from './command.ts';

/**
 * Compatible with shipping under Apache-2.0. LGPL is that of libvips in sharp, a library of its own that can be replaced;
 * MPL-2.0 asks for its own files alone, which are not changed.
 */
const COMPATIBLE = [
  ...[
    'MIT',
    'ISC',
    'Apache-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    '0BSD',
    'BlueOak-1.0.0',
    'BSL-1.0',
    'CC0-1.0',
    'Zlib',
  ],
  ...['OFL-1.1', 'CC-BY-4.0', 'Python-2.0', 'WTFPL', 'MPL-2.0', 'LGPL-3.0-or-later'],
];
/** Packages whose lock entry says nothing; what their LICENSE file is. */
const SAID_ELSEWHERE: Readonly<Record<string, string>> = {
  memorystream: 'MIT',
  rechoir: 'MIT',
  'svelte-toolbelt': 'MIT',
};

export interface PackageLicence {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly licence: string;
  /** Whether only building and testing need it, or the bundler takes it into the product. */
  readonly development: boolean;
}

export function listLicences(): readonly PackageLicence[] {
  const { packages } = JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; license?: string; dev?: boolean }>;
  };
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, { version, license, dev = false }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { name, version, licence: license ?? SAID_ELSEWHERE[name] ?? 'unknown', development: dev };
    });
}

/** Every part of an AND has to be compatible, and one of an OR. */
export function isCompatible(expression: string): boolean {
  return expression
    .replaceAll(/[()]/g, '')
    .split(' AND ')
    .every((part) => part.split(' OR ').some((licence) => COMPATIBLE.includes(licence.trim())));
}

/** One text of all packages with the licence files that they bring. */
export function licenceTexts(): string {
  return listLicences()
    .map(({ name, version, licence }) => [`${name} ${version}: ${licence}`, ...textsOf(name)].join('\n\n'))
    .join(`\n\n${'-'.repeat(78)}\n\n`);
}

function textsOf(name: string): readonly string[] {
  const folder = join(projectRoot, 'node_modules', name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|notice|copying)/i.test(basename(entry.name)))
    .map((entry) => readFileSync(join(folder, entry.name), 'utf8').trim());
}
