/**
 * Writes docs/dicom-files.md: every development DICOM file, how it decodes and compares, and what an import makes of it.
 * `npm run dicom-table` makes it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  agrees,
  type Comparison,
  compareFolder,
  findIndependentReader,
} from '../../main/imaging/conformance/compare.ts';
import { importOutcomes } from './import-outcomes.ts';

const NAMES: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2': 'implicit little endian',
  '1.2.840.10008.1.2.1': 'explicit little endian',
  '1.2.840.10008.1.2.1.99': 'deflated',
  '1.2.840.10008.1.2.2': 'explicit big endian',
  '1.2.840.10008.1.2.5': 'RLE',
  '1.2.840.10008.1.2.4.50': 'JPEG baseline',
  '1.2.840.10008.1.2.4.51': 'JPEG extended',
  '1.2.840.10008.1.2.4.53': 'JPEG spectral selection',
  '1.2.840.10008.1.2.4.55': 'JPEG progressive',
  '1.2.840.10008.1.2.4.57': 'JPEG lossless',
  '1.2.840.10008.1.2.4.70': 'JPEG lossless, first order',
  '1.2.840.10008.1.2.4.80': 'JPEG-LS',
  '1.2.840.10008.1.2.4.81': 'JPEG-LS near-lossless',
  '1.2.840.10008.1.2.4.90': 'JPEG 2000, lossless only',
  '1.2.840.10008.1.2.4.91': 'JPEG 2000',
};

const INTRODUCTION = `# Every development DICOM file

What this product makes of each file of the development data, compared value by value with independent readers from
Debian: pydicom (uncompressed and RLE), gdcm, Pillow and dcmtk. A number is the largest difference of any stored value
in any frame; "equal" is none. Allowed: none for lossless images, two grey levels for lossy ones. Palettes and YBR are
compared as RGB. HTJ2K, of which there are no files here, is compared with OpenJPEG by
\`main/imaging/conformance/htj2k.test.ts\`.
The last column is what one import of the whole folder made of each file: many are the same image in
another encoding, and of those the first one stays. The files are not part of the repository.

Made by \`npm run dicom-table\`. The comparison and the import are tests wherever the data and the readers are present
(\`main/imaging/conformance/compare.test.ts\`, \`main/services/import-of-real-files.test.ts\`).
`;

const python = findIndependentReader();
if (python === null) {
  console.error('No independent reader: apt-get install python3-pydicom python3-numpy python3-gdcm python3-pil dcmtk');
  process.exit(1);
}
const root = resolve(import.meta.dirname, '../..');
const folder = join(root, '../shared/data/dicom');
const comparisons = await compareFolder(folder, python);
const imports = await importedFrom(folder);
const decoded = comparisons.filter(({ decoded }) => decoded);
const compared = decoded.filter(({ differences }) => Object.keys(differences).length > 0);
const named = comparisons.filter(({ names }) => names !== null);
const summary = [
  `${comparisons.length} files; ${decoded.length} hold pixels that were read, ${compared.length} of them compared with`,
  `at least one independent reader; ${compared.filter((comparison) => !agrees(comparison)).length} disagree.`,
  `Person names of ${named.length} files, sequences included, compared with pydicom's;`,
  `${named.filter(({ names }) => String(names?.ours) !== String(names?.theirs)).length} differ.`,
  `Import: ${counted('imported')} imported, ${counted('already here')} already here, ${counted('left out')} left out.`,
].join('\n');
const rows = comparisons.map(
  (comparison) =>
    `| ${[
      comparison.file,
      syntaxName(comparison),
      comparison.outcome,
      comparedWith(comparison),
      imports.get(comparison.file) ?? '-',
    ]
      .map(cell)
      .join(' | ')} |`,
);
const header = '| file | transfer syntax | pixels | compared | import |\n|---|---|---|---|---|';
writeFileSync(join(root, 'docs/dicom-files.md'), [INTRODUCTION, summary, '', header, ...rows, ''].join('\n'));
console.log(summary);

function counted(outcome: string): number {
  return [...imports.values()].filter((one) => one.startsWith(outcome)).length;
}

async function importedFrom(folder: string): Promise<ReadonlyMap<string, string>> {
  const data = mkdtempSync(join(tmpdir(), 'mediclip-table-'));
  try {
    return await importOutcomes(folder, data);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

function syntaxName({ transferSyntax }: Comparison): string {
  return transferSyntax === '' ? '-' : (NAMES[transferSyntax] ?? transferSyntax);
}

function comparedWith({ differences, explanation, decoded: wasDecoded, names }: Comparison): string {
  const pixels = Object.entries(differences).map(([reader, difference]) => {
    if (!wasDecoded) return `${reader} reads it`;
    return difference === 0 ? `${reader}: equal` : `${reader}: ${difference}`;
  });
  const nameNote = names === null ? [] : [String(names.ours) === String(names.theirs) ? 'names equal' : 'names differ'];
  const notes = [...pixels, ...(wasDecoded && pixels.length === 0 ? ['no reader reads it'] : []), ...nameNote];
  return [notes.join(', '), explanation].filter((part) => part !== '').join('; ') || '-';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
