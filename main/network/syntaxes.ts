/** SOP classes and transfer syntaxes that are offered and taken (PS3.4 annex B.5, PS3.6 annex A). */
import { StorageClass } from './dimse-library.ts';

export const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
export const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const EXPLICIT_BIG_ENDIAN = '1.2.840.10008.1.2.2';

/** As they are: into any of these an object can be rewritten without touching a pixel. */
export const UNCOMPRESSED = [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN];

/** What an archive may hold, the likelier first. */
export const COMPRESSED = [
  '1.2.840.10008.1.2.4.90', // JPEG 2000, lossless
  '1.2.840.10008.1.2.4.70', // JPEG, lossless, first-order prediction
  '1.2.840.10008.1.2.4.80', // JPEG-LS, lossless
  '1.2.840.10008.1.2.4.50', // JPEG baseline
  '1.2.840.10008.1.2.4.91', // JPEG 2000
  '1.2.840.10008.1.2.5', // RLE
  '1.2.840.10008.1.2.4.57', // JPEG, lossless
  '1.2.840.10008.1.2.4.51', // JPEG extended
  '1.2.840.10008.1.2.4.81', // JPEG-LS, near-lossless
  '1.2.840.10008.1.2.4.201', // HTJ2K, lossless
  '1.2.840.10008.1.2.4.202', // HTJ2K, lossless, RPCL
  '1.2.840.10008.1.2.4.203', // HTJ2K
  '1.2.840.10008.1.2.1.99', // deflated
];

const OTHER_STORAGE = [
  '1.2.840.10008.5.1.4.1.1.66.4', // segmentation
  '1.2.840.10008.5.1.4.1.1.30', // parametric map
  '1.2.840.10008.5.1.4.1.1.88.34', // comprehensive 3D SR
  '1.2.840.10008.5.1.4.1.1.88.59', // key object selection
  '1.2.840.10008.5.1.4.1.1.11.1', // grayscale softcopy presentation state
];

/** Kinds of objects that are asked for in a C-GET. */
export const STORAGE_CLASSES: readonly string[] = [...Object.values(StorageClass), ...OTHER_STORAGE];

/** What a study holds most often; asked for in compressed forms as well where the node does not say what it has. */
export const LIKELY_CLASSES = [
  '1.2.840.10008.5.1.4.1.1.2', // CT
  '1.2.840.10008.5.1.4.1.1.4', // MR
  '1.2.840.10008.5.1.4.1.1.1', // CR
  '1.2.840.10008.5.1.4.1.1.1.1', // DX
  '1.2.840.10008.5.1.4.1.1.7', // secondary capture
  '1.2.840.10008.5.1.4.1.1.6.1', // US
];

/** Storage, by the roots of PS3.6 under which its classes lie. */
export function isStorageClass(uid: string): boolean {
  return /^1\.2\.840\.10008\.5\.1\.4\.(1\.1|34|43|44|45)\./.test(uid);
}

/** What is taken of a push, of those that are offered: as they are, in the sender's order; else nothing. */
export function acceptableSyntax(offered: readonly string[]): string | undefined {
  const known = offered.filter((syntax) => UNCOMPRESSED.includes(syntax) || COMPRESSED.includes(syntax));
  // Implicit VR loses the types of private elements: taken only where there is nothing better.
  return known.find((syntax) => syntax !== IMPLICIT_LITTLE_ENDIAN) ?? known[0];
}
