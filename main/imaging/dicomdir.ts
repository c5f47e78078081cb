import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { DataSet } from 'dicom-parser';
import { Fault } from '../fault.ts';
import { itemsOf, parseDataset, readFileBytes, shortOf, stringOf, stringsOf } from './dataset.ts';

/** A file that a DICOMDIR refers to. */
export interface DicomdirReference {
  /** Referenced File ID as DICOM spells it: components joined by backslashes. */
  readonly fileId: string;
  /** The file, or null where it is not there or would lie outside the folder. */
  readonly path: string | null;
  readonly sopInstanceUid: string;
  /** Directory Record Type: IMAGE, SR DOCUMENT, ... */
  readonly recordType: string;
}

/** Media Storage Directory Storage. */
const DICOMDIR_CLASS = '1.2.840.10008.1.3.10';

/** Whether a data set is the index of a disc, a DICOMDIR. */
export function isDirectoryDataset(dataset: DataSet): boolean {
  return stringOf(dataset, 'x00020002') === DICOMDIR_CLASS || 'x00041220' in dataset.elements;
}

/**
 * The files that a DICOMDIR refers to, in its order (PS3.3 annex F). Paths are resolved below the DICOMDIR's own folder
 * only, names also where a disc's file system changed their case or added a version.
 * @throws Fault `not-found`, `bad-file`.
 */
export async function readDicomdir(path: string): Promise<DicomdirReference[]> {
  const dataset = parseDirectory(path);
  const root = await realpath(dirname(path));
  const listings = new Map<string, Promise<string[]>>();
  const references: DicomdirReference[] = [];
  for (const record of itemsOf(dataset, 'x00041220')) {
    const components = stringsOf(record, 'x00041500').filter((component) => component !== '');
    const inUse = shortOf(record, 'x00041410') !== 0; // 0: deleted from the file set
    if (components.length === 0 || !inUse) continue;
    references.push({
      fileId: components.join('\\'),
      path: await resolveInside(root, components, listings),
      sopInstanceUid: stringOf(record, 'x00041511'),
      recordType: stringOf(record, 'x00041430'),
    });
  }
  return references;
}

function parseDirectory(path: string): DataSet {
  const bytes = readFileBytes(path);
  const choose = 'Choose its folder instead.';
  try {
    const { dataset } = parseDataset(bytes, path);
    if ('x00041220' in dataset.elements) return dataset;
  } catch (cause) {
    throw new Fault('bad-file', `This DICOMDIR is damaged. ${choose}`, { path, cause });
  }
  throw new Fault('bad-file', `This DICOMDIR lists no files. ${choose}`, { path });
}

/** The file of a Referenced File ID below `root`, or null. A component is one name: never a path, `.` or `..`. */
async function resolveInside(
  root: string,
  components: readonly string[],
  listings: Map<string, Promise<string[]>>,
): Promise<string | null> {
  let folder = root;
  for (const component of components) {
    if (/[/\\\0]/.test(component) || component === '.' || component === '..') return null;
    const names = await listing(folder, listings);
    const found = names.find((name) => name === component) ?? names.find((name) => sameOnDisc(name, component));
    if (found === undefined) return null;
    folder = join(folder, found);
  }
  try {
    const real = await realpath(folder); // a link may still lead out of the folder
    return real.startsWith(root + sep) && (await stat(real)).isFile() ? folder : null;
  } catch {
    return null;
  }
}

/** ISO 9660 drivers show names in lower case, and with `;1` or a trailing dot. */
function sameOnDisc(name: string, component: string): boolean {
  return name.replace(/\.?(;\d+)?$/, '').toLowerCase() === component.toLowerCase();
}

function listing(folder: string, listings: Map<string, Promise<string[]>>): Promise<string[]> {
  let names = listings.get(folder);
  if (!names) {
    names = readdir(folder).catch(() => []);
    listings.set(folder, names);
  }
  return names;
}
