import { EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, identifyWithHeader } from './dataset.ts';
import { isDirectoryDataset } from './dicomdir.ts';
import { dicomHeader, type InstanceHeader, notAnImage, type PhotoOrigin, requireImage } from './header.ts';
import { openImage } from './pixels.ts';
import { resultKindOf } from './result-file.ts';

/** What a file turned out to be: an image that can be shown, something that holds files, or a result that
 * belongs to images (result-file.ts). */
export type IndexedFile =
  | { readonly kind: 'image'; readonly header: InstanceHeader }
  | { readonly kind: 'zip' | 'dicomdir' | 'result' };

/**
 * Reads what one file says of itself, and makes sure that its first frame can be shown: plain uncompressed pixels by
 * their sizes alone, without reading them; everything else by decoding it.
 * @throws Fault `not-found`, `bad-file`, `bad-pixels`, `unsupported`.
 */
export async function indexFile(path: string, origin: PhotoOrigin = {}): Promise<IndexedFile> {
  const found = identifyWithHeader(path);
  if (found.kind === 'zip') return { kind: 'zip' };
  if (found.kind === 'unknown') throw notAnImage(path, found.kind);
  if (found.kind === 'dicom') {
    const { file } = found;
    if (isDirectoryDataset(file.dataset)) return { kind: 'dicomdir' };
    if (resultKindOf(file) !== null) return { kind: 'result' };
    const header = dicomHeader(file, path);
    requireImage(header, path);
    if (isPlain(header) && file.dataset.elements.x7fe00010?.hadUndefinedLength !== true)
      return { kind: 'image', header };
  }
  const opened = await openImage(path, origin);
  await opened.decode(0);
  return { kind: 'image', header: opened.header };
}

const PLAIN_SYNTAXES = [IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN];

/** Grey, uncompressed, 8 or 16 bits: with sizes that fit, which `dicomHeader` has checked, nothing can go wrong. */
function isPlain({ image, instance }: InstanceHeader): boolean {
  return (
    image !== null &&
    PLAIN_SYNTAXES.includes(instance.transferSyntax) &&
    image.samplesPerPixel === 1 &&
    /^MONOCHROME[12]$/.test(image.photometric) &&
    (image.bitsAllocated === 8 || image.bitsAllocated === 16) &&
    image.bitsStored >= 1 &&
    image.bitsStored <= image.bitsAllocated
  );
}
