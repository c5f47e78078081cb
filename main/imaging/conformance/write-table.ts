/**
 * Writes docs/dicom-files.md: every development DICOM file, what happened to it, and how that compares.
 * Run from the repository root: node main/imaging/conformance/write-table.ts
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { agrees, type Comparison, compareFolder, findIndependentReader } from './compare.ts';

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
compared as RGB. The files are not part of the repository.

Made by \`node main/imaging/conformance/write-table.ts\`; the same comparison is a test
(\`main/imaging/conformance/compare.test.ts\`) wherever the data and the readers are present.
`;

const python = findIndependentReader();
if (python === null) {
  console.error('No independent reader: apt-get install python3-pydicom python3-numpy python3-gdcm python3-pil dcmtk');
  process.exit(1);
}
const root = resolve(import.meta.dirname, '../../..');
const comparisons = await compareFolder(join(root, '../shared/data/dicom'), python);
const decoded = comparisons.filter(({ decoded }) => decoded);
const compared = decoded.filter(({ differences }) => Object.keys(differences).length > 0);
const named = comparisons.filter(({ names }) => names !== null);
const summary = [
  `${comparisons.length} files; ${decoded.length} hold pixels that were read, ${compared.length} of them compared with`,
  `at least one independent reader; ${compared.filter((comparison) => !agrees(comparison)).length} disagree.`,
  `Person names of ${named.length} files, sequences included, compared with pydicom's;`,
  `${named.filter(({ names }) => String(names?.ours) !== String(names?.theirs)).length} differ.`,
].join('\n');
const rows = comparisons.map(
  (comparison) =>
    `| ${[comparison.file, syntaxName(comparison), comparison.outcome, comparedWith(comparison)].map(cell).join(' | ')} |`,
);
const header = '| file | transfer syntax | what happened | compared |\n|---|---|---|---|';
writeFileSync(join(root, 'docs/dicom-files.md'), [INTRODUCTION, summary, '', header, ...rows, ''].join('\n'));
console.log(summary);

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
