/** Whether two files are the same object, however they travelled: archives write preamble and file meta anew. */
import { createHash, type Hash } from 'node:crypto';
import type { DataSet } from 'dicom-parser';
import { isCompressed } from './codecs.ts';
import {
  bytesOf,
  type DicomDataset,
  EXPLICIT_BIG_ENDIAN,
  type FileContent,
  itemsOf,
  parseDataset,
  pathOf,
  readFileBytes,
} from './dataset.ts';
import { identify } from './identify.ts';

/**
 * Compares elements and their values in their order, not how lengths and VRs are written: explicit, implicit and deflated
 * little endian may be the same. Files that are no DICOM are the same by their bytes alone, which is not looked at here.
 * @throws Fault `not-found`, `bad-file`
 */
export function isSameDataset(one: FileContent, other: FileContent): boolean {
  const [a, b] = [one, other].map((content) => {
    const bytes = readFileBytes(content);
    return identify(bytes) === 'dicom' ? digestOf(parseDataset(bytes, pathOf(content))) : null;
  });
  return a !== null && a === b;
}

/** Of values as they stand, and of how they are to be taken: byte order and compression. */
function digestOf(file: DicomDataset): string {
  const { transferSyntax } = file;
  const hash = createHash('sha256');
  hash.update(
    isCompressed(transferSyntax) || transferSyntax === EXPLICIT_BIG_ENDIAN ? transferSyntax : 'little endian',
  );
  addDataset(hash, file.dataset);
  const pixels = file.dataset.elements.x7fe00010;
  // Fragments go to the end of the file, where some writers forget the delimiter and some add padding.
  if (pixels?.hadUndefinedLength) hash.update(file.bytes.subarray(pixels.dataOffset));
  return hash.digest('hex');
}

function addDataset(hash: Hash, dataset: DataSet): void {
  for (const tag of Object.keys(dataset.elements).sort()) {
    const element = dataset.elements[tag];
    // Group lengths count bytes of the encoding.
    if (!element || tag.endsWith('0000') || tag < 'x00080000') continue;
    hash.update(tag);
    if (element.items) {
      for (const item of itemsOf(dataset, tag)) {
        hash.update('(');
        addDataset(hash, item);
        hash.update(')');
      }
      continue;
    }
    const bytes = element.hadUndefinedLength ? null : bytesOf(dataset, tag);
    hash.update(`${bytes?.length ?? 0}:`);
    if (bytes) hash.update(bytes);
  }
}
