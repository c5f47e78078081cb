/** Licences of the packages that the product is made of, as package-lock.json and the packages themselves declare them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, SetupError } from './command.ts';

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

export interface LockedPackage {
  /** As package-lock.json names it, e.g. `node_modules/a/node_modules/b`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly licence: string;
  /** `sha512-` and base64: that of the registry's tarball. */
  readonly integrity: string | null;
}

export function lockedPackages(): readonly LockedPackage[] {
  const { packages } = JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; license?: string; integrity?: string }>;
  };
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, { version, license, integrity = null }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { path, name, version, licence: license ?? SAID_ELSEWHERE[name] ?? 'unknown', integrity };
    });
}

/** Every part of an AND has to be compatible, and one of an OR. */
export function isCompatible(expression: string): boolean {
  return expression
    .replaceAll(/[()]/g, '')
    .split(' AND ')
    .every((part) => part.split(' OR ').some((licence) => COMPATIBLE.includes(licence.trim())));
}

/** One text of these packages with the licence files that they bring, or the licence's standard text where one brings none. */
export function licenceTexts(packages: readonly LockedPackage[]): string {
  return packages
    .map(({ path, name, version, licence }) => {
      const texts = textsOf(path);
      const words = texts.length > 0 ? texts : [standardText(path, licence)];
      return [`${name} ${version}: ${licence}`, ...words].join('\n\n');
    })
    .join(`\n\n${'-'.repeat(78)}\n\n`);
}

/** @throws SetupError for a licence without one here */
function standardText(path: string, licence: string): string {
  const heading = 'It brings no file of its licence. The standard text:';
  if (licence === 'MIT') return `${heading}\n\nCopyright (c) ${authorOf(path)}\n\n${MIT_TEXT}`;
  if (licence.includes('Apache-2.0'))
    return `${heading}\n\n${readFileSync(join(projectRoot, 'LICENSE'), 'utf8').trim()}`;
  throw new SetupError(`${path} brings no text of its licence (${licence}), and there is none here.`);
}

function authorOf(path: string): string {
  const { name, author } = JSON.parse(readFileSync(join(projectRoot, path, 'package.json'), 'utf8')) as {
    name: string;
    author?: string | { name: string };
  };
  return (typeof author === 'object' ? author.name : author) ?? `the authors of ${name}`;
}

const MIT_TEXT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

function textsOf(path: string): readonly string[] {
  const folder = join(projectRoot, path);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|notice|copying|copyright|third.?party)/i.test(entry.name))
    .map((entry) => readFileSync(join(folder, entry.name), 'utf8').trim());
}
