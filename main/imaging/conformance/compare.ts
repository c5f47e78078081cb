/**
 * Compares this room with independent readers (pydicom, gdcm, Pillow, dcmtk; all from Debian) over a folder of real
 * DICOM files: pixels value by value, and person names. For tests and for docs/dicom-files.md; not part of the product.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { DataSet } from 'dicom-parser';
import { Fault } from '../../fault.ts';
import type { CharacterSets } from '../charset.ts';
import { characterSetsOf, itemsOf, parseDataset, personNameOf, readFileBytes } from '../dataset.ts';
import { readDicomdir } from '../dicomdir.ts';
import type { DecodedFrame } from '../frame.ts';
import { openImage } from '../pixels.ts';

export interface Comparison {
  /** Relative to the folder, with forward slashes. */
  readonly file: string;
  /** Transfer Syntax UID, '' where the file is not DICOM. */
  readonly transferSyntax: string;
  /** What this room made of it: `12 frames, 512 x 512, RGB` or the sentence of the Fault. */
  readonly outcome: string;
  readonly decoded: boolean;
  /** Whether the transfer syntax or header says that values were lost: two grey levels are then allowed. */
  readonly lossy: boolean;
  /** Largest difference of any stored value, by reader; a reader that could not read the file is left out. */
  readonly differences: Readonly<Record<string, number>>;
  /** Why a difference or a refusal is right all the same. */
  readonly explanation: string;
  /** Person names, ours and pydicom's, where both found some. */
  readonly names: { readonly ours: readonly string[]; readonly theirs: readonly string[] } | null;
}

const WHOLE_32_BITS =
  'its 32-bit values are written as whole big-endian words, and read so they equal the same dose in little endian; ' +
  'dcmtk swaps each 16-bit half';

/** Files on which readers part, and who is right. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  'pydicom/SC_rgb_small_odd_big_endian.dcm':
    'pydicom 2.3 leaves the 8-bit samples of big-endian words swapped; dcmtk does not, nor does the same image in ' +
    'little endian',
  'pydicom/rtdose_expb.dcm': WHOLE_32_BITS,
  'pydicom/rtdose_expb_1frame.dcm': WHOLE_32_BITS,
  'pydicom/JPEG2000-embedded-sequence-delimiter.dcm':
    'its codestream was damaged on purpose; gdcm returns values nevertheless',
};

/** Whether a difference is within what is allowed: none, or two grey levels where the image was compressed with loss. */
export function agrees(comparison: Comparison): boolean {
  const differences = Object.values(comparison.differences);
  const allowed = comparison.lossy ? 2 : 0;
  if (comparison.explanation !== '') return differences.length === 0 || Math.min(...differences) <= allowed;
  return differences.every((difference) => difference <= allowed);
}

/** The Python that can be the independent reader, or null where none is installed. */
export function findIndependentReader(): string | null {
  for (const python of ['python3', '/usr/bin/python3']) {
    const probe = spawnSync(python, ['-c', 'import pydicom, numpy, gdcm, PIL'], { stdio: 'ignore' });
    if (probe.status === 0) return python;
  }
  return null;
}

/** Compares every file below `folder`. @throws where the independent reader cannot be run. */
export async function compareFolder(folder: string, python: string): Promise<Comparison[]> {
  const files = filesBelow(folder);
  const results = mkdtempSync(join(tmpdir(), 'mediclip-conformance-'));
  try {
    const script = join(import.meta.dirname, 'read-with-pydicom.py');
    const run = spawnSync(python, [script, results], { input: files.join('\n'), encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`the independent reader failed: ${run.stderr}`);
    const comparisons: Comparison[] = [];
    for (const [number, path] of files.entries())
      comparisons.push(await compareFile(path, relative(folder, path), join(results, String(number))));
    return comparisons;
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

/** What read-with-pydicom.py writes for one file. */
interface IndependentResult {
  readonly names?: readonly string[];
  readonly readers: Readonly<Record<string, { readonly dtype?: keyof typeof ARRAYS; readonly error?: string }>>;
}

const ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

async function compareFile(path: string, file: string, result: string): Promise<Comparison> {
  const independent = JSON.parse(readFileSync(`${result}.json`, 'utf8')) as IndependentResult;
  const { frames, outcome, lossy } = await ourReading(path);
  const differences: Record<string, number> = {};
  for (const [reader, { dtype }] of Object.entries(independent.readers)) {
    if (dtype === undefined) continue;
    const bytes = readFileSync(`${result}.${reader}.bin`);
    const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    differences[reader] = largestDifference(frames, new ARRAYS[dtype](copy));
  }
  return {
    file,
    transferSyntax: transferSyntaxOf(path),
    outcome,
    decoded: frames.length > 0,
    lossy,
    differences,
    explanation: EXPLANATIONS[file] ?? '',
    names: comparedNames(path, independent.names ?? []),
  };
}

interface OurReading {
  readonly frames: readonly DecodedFrame[];
  readonly outcome: string;
  readonly lossy: boolean;
}

async function ourReading(path: string): Promise<OurReading> {
  try {
    const opened = await openImage(path);
    const frames: DecodedFrame[] = [];
    for (let frame = 0; frame < opened.image.frames; frame += 1) frames.push(await opened.decode(frame));
    const { columns, rows, photometric } = frames[0] as DecodedFrame;
    const count = frames.length === 1 ? '' : `${frames.length} frames, `;
    return { frames, outcome: `${count}${columns} x ${rows}, ${photometric}`, lossy: opened.image.lossy };
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown; // the defect that this comparison exists to find
    return { frames: [], outcome: await sentenceFor(path, thrown), lossy: false };
  }
}

/** The Fault's sentence; of a DICOMDIR how many of its files are there. */
async function sentenceFor(path: string, fault: Fault): Promise<string> {
  if (!fault.message.includes('DICOMDIR')) return fault.message;
  try {
    const references = await readDicomdir(path);
    const found = references.filter((reference) => reference.path !== null).length;
    return `DICOMDIR: refers to ${references.length} files, ${found} of them there`;
  } catch {
    return fault.message;
  }
}

/** Infinity where the numbers of values differ. */
function largestDifference(frames: readonly DecodedFrame[], theirs: ArrayLike<number>): number {
  if (frames.reduce((sum, { data }) => sum + data.length, 0) !== theirs.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  let at = 0;
  for (const { data } of frames)
    for (const value of data) {
      largest = Math.max(largest, Math.abs(value - (theirs[at] as number)));
      at += 1;
    }
  return largest;
}

function comparedNames(path: string, theirs: readonly string[]): Comparison['names'] {
  try {
    const ours = personNames(parseDataset(readFileBytes(path)).dataset, []);
    if (ours.length === 0 || theirs.length === 0) return null;
    return { ours: ours.map(withoutEmptyEnd), theirs: theirs.map(withoutEmptyEnd) };
  } catch {
    return null;
  }
}

/** All names of a data set and its sequences that are told by their VR, in order; values of one element apart. */
function personNames(dataset: DataSet, parent: CharacterSets): string[] {
  const sets = characterSetsOf(dataset, parent);
  return Object.values(dataset.elements).flatMap((element) => {
    if (element.vr === 'SQ') return itemsOf(dataset, element.tag).flatMap((item) => personNames(item, sets));
    return element.vr === 'PN' ? personNameOf(dataset, element.tag, sets).split('\\') : [];
  });
}

/** Readers differ in whether they keep empty components at a name's end; it is the same name. */
function withoutEmptyEnd(name: string): string {
  return name
    .split('=')
    .map((group) => group.replace(/[\^ ]+$/, ''))
    .join('=')
    .replace(/=+$/, '');
}

function transferSyntaxOf(path: string): string {
  try {
    return parseDataset(readFileBytes(path)).transferSyntax;
  } catch {
    return '';
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
