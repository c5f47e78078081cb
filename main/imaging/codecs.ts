import dcmjsCodecs, { type Context } from 'dcmjs-codecs';
import { Fault } from '../fault.ts';
import { type CodestreamInfo, isWholeRle, readJpeg2000Info, readJpegInfo, readJpegXlSize } from './codestream.ts';

/** One compressed frame and what the data set declares about it. */
export interface CompressedFrame {
  readonly transferSyntax: string;
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly signed: boolean;
}

/** Samples as the codec left them: interleaved, little endian, `bitsAllocated` each; no colour conversion but RCT/ICT. */
export interface DecompressedFrame {
  readonly bytes: Uint8Array;
  readonly bitsAllocated: number;
  /** What the compressed stream itself says of its colour space, where it does. */
  readonly colour: 'RGB' | 'YBR' | null;
}

type Codec = 'decodeRle' | 'decodeJpeg' | 'decodeJpegLs' | 'decodeJpeg2000' | 'decodeHtJpeg2000' | 'decodeJpegXl';

/** Compressed transfer syntaxes (PS3.6 table A-1) and the codec for each. */
const CODECS: Readonly<Record<string, Codec>> = {
  '1.2.840.10008.1.2.5': 'decodeRle',
  '1.2.840.10008.1.2.4.50': 'decodeJpeg', // baseline, 8 bits
  '1.2.840.10008.1.2.4.51': 'decodeJpeg', // extended, 12 bits
  '1.2.840.10008.1.2.4.53': 'decodeJpeg', // spectral selection (retired)
  '1.2.840.10008.1.2.4.55': 'decodeJpeg', // full progression (retired)
  '1.2.840.10008.1.2.4.57': 'decodeJpeg', // lossless, any predictor
  '1.2.840.10008.1.2.4.70': 'decodeJpeg', // lossless, first-order prediction
  '1.2.840.10008.1.2.4.80': 'decodeJpegLs',
  '1.2.840.10008.1.2.4.81': 'decodeJpegLs', // near-lossless
  '1.2.840.10008.1.2.4.90': 'decodeJpeg2000',
  '1.2.840.10008.1.2.4.91': 'decodeJpeg2000', // lossy
  '1.2.840.10008.1.2.4.110': 'decodeJpegXl',
  '1.2.840.10008.1.2.4.112': 'decodeJpegXl', // lossy
  '1.2.840.10008.1.2.4.201': 'decodeHtJpeg2000',
  '1.2.840.10008.1.2.4.202': 'decodeHtJpeg2000', // RPCL
  '1.2.840.10008.1.2.4.203': 'decodeHtJpeg2000', // lossy
};

/** Names for the sentence that refuses a syntax we know of. */
const UNSUPPORTED_NAMES: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.4.92': 'multi-component JPEG 2000',
  '1.2.840.10008.1.2.4.93': 'multi-component JPEG 2000',
  '1.2.840.10008.1.2.4.94': 'JPIP (pixels stay on a server)',
  '1.2.840.10008.1.2.4.95': 'JPIP (pixels stay on a server)',
  '1.2.840.10008.1.2.4.100': 'MPEG-2 video',
  '1.2.840.10008.1.2.4.101': 'MPEG-2 video',
  '1.2.840.10008.1.2.4.102': 'MPEG-4 video',
  '1.2.840.10008.1.2.4.103': 'MPEG-4 video',
  '1.2.840.10008.1.2.4.104': 'MPEG-4 video',
  '1.2.840.10008.1.2.4.105': 'MPEG-4 video',
  '1.2.840.10008.1.2.4.106': 'MPEG-4 video',
  '1.2.840.10008.1.2.4.107': 'HEVC video',
  '1.2.840.10008.1.2.4.108': 'HEVC video',
  '1.2.840.10008.1.2.4.111': 'recompressed JPEG XL',
};

export function isCompressed(transferSyntax: string): boolean {
  return transferSyntax in CODECS || transferSyntax in UNSUPPORTED_NAMES;
}

/** Whether the syntax always loses information, as the JPEG processes 1 to 12 do. */
export function isAlwaysLossy(transferSyntax: string): boolean {
  return /^1\.2\.840\.10008\.1\.2\.4\.(50|51|53|55|81|112)$/.test(transferSyntax);
}

/**
 * Decodes one compressed frame with dcmjs-codecs (WebAssembly builds of libjpeg, CharLS, OpenJPEG, OpenJPH, libjxl).
 * @throws Fault `unsupported` (syntax), `bad-pixels` (sizes that disagree or are out of bounds), `bad-file` (damaged).
 */
export async function decompressFrame(frame: CompressedFrame, path?: string): Promise<DecompressedFrame> {
  const about = path === undefined ? {} : { path };
  const codec = CODECS[frame.transferSyntax];
  if (!codec) throw unsupportedSyntax(frame.transferSyntax, path);
  const info = inspect(codec, frame, path);
  const native = await nativeCodecs();
  const context = new dcmjsCodecs.Context({
    width: frame.columns,
    height: frame.rows,
    bitsAllocated: frame.bitsAllocated,
    bitsStored: frame.bitsStored,
    samplesPerPixel: frame.samplesPerPixel,
    pixelRepresentation: frame.signed ? 1 : 0,
    planarConfiguration: 0, // asks for interleaved samples, whatever the data set says of its uncompressed form
    photometricInterpretation: frame.samplesPerPixel === 1 ? 'MONOCHROME2' : 'RGB',
    encodedBuffer: frame.bytes,
  });
  let decoded: Context;
  try {
    decoded = native[codec](context);
  } catch (thrown) {
    // The decoder stopped halfway through its own memory: the next frame gets a fresh one.
    dcmjsCodecs.NativeCodecs.release();
    throw new Fault('bad-file', 'The compressed pixels of this image are damaged. Export or send it again.', {
      ...about,
      cause: thrown,
    });
  }
  const bytes = decoded.getDecodedBuffer();
  const bitsAllocated = decoded.getBitsAllocated() ?? frame.bitsAllocated;
  const expected = frame.rows * frame.columns * frame.samplesPerPixel * (bitsAllocated / 8);
  if (!bytes || bytes.length < expected) throw incomplete(path);
  return { bytes: bytes.subarray(0, expected), bitsAllocated, colour: info?.colour ?? null };
}

/** @returns the Fault `unsupported` for a transfer syntax, by its name where it has one. */
export function unsupportedSyntax(transferSyntax: string, path?: string): Fault {
  const name = UNSUPPORTED_NAMES[transferSyntax];
  const which = name === undefined ? transferSyntax : `${name} (${transferSyntax})`;
  return new Fault(
    'unsupported',
    `The transfer syntax ${which} is not supported. Ask for the image uncompressed or as JPEG 2000.`,
    path === undefined ? {} : { path },
  );
}

/** Compares the stream's own size with the declared one, which is within bounds, before a decoder allocates for it. */
function inspect(codec: Codec, frame: CompressedFrame, path?: string): CodestreamInfo | null {
  const about = path === undefined ? {} : { path };
  if (codec === 'decodeJpegXl') {
    const size = readJpegXlSize(frame.bytes);
    if (!size) throw notAStream(about);
    if (size.columns !== frame.columns || size.rows !== frame.rows)
      throw otherSize(frame, `${size.columns} x ${size.rows}`, about);
    return null;
  }
  if (codec === 'decodeRle') {
    const planes = frame.samplesPerPixel * (frame.bitsAllocated / 8);
    if (!isWholeRle(frame.bytes, planes, frame.rows * frame.columns)) throw incomplete(path);
    return null;
  }
  const isJpeg2000 = codec === 'decodeJpeg2000' || codec === 'decodeHtJpeg2000';
  const info = isJpeg2000 ? readJpeg2000Info(frame.bytes) : readJpegInfo(frame.bytes);
  if (!info) throw notAStream(about);
  if (info.columns !== frame.columns || info.rows !== frame.rows || info.components !== frame.samplesPerPixel)
    throw otherSize(frame, `${info.columns} x ${info.rows} x ${info.components}`, about);
  return info;
}

function notAStream(about: { path?: string }): Fault {
  return new Fault('bad-file', 'The compressed pixels of this image do not start as they must.', about);
}

function otherSize({ columns, rows, samplesPerPixel }: CompressedFrame, size: string, about: { path?: string }): Fault {
  return new Fault(
    'bad-pixels',
    `The header declares ${columns} x ${rows} x ${samplesPerPixel} samples, but the compressed pixels are ${size}. ` +
      'Export or send the image again.',
    about,
  );
}

function incomplete(path: string | undefined): Fault {
  const sentence = 'The compressed pixels of this image are damaged or incomplete. Export or send it again.';
  return new Fault('bad-file', sentence, path === undefined ? {} : { path });
}

type Native = Record<Codec, (context: Context) => Context>;

let initialising: Promise<void> | undefined;

/** The codecs, instantiated on first use and again after a failure. About 80 ms. */
async function nativeCodecs(): Promise<Native> {
  if (!dcmjsCodecs.NativeCodecs.isInitialized()) {
    initialising ??= dcmjsCodecs.NativeCodecs.initializeAsync().finally(() => {
      initialising = undefined;
    });
    await initialising;
  }
  dcmjsCodecs.log.setLevel('silent'); // decoders write warnings of libjpeg to the console otherwise
  return dcmjsCodecs.NativeCodecs as unknown as Native;
}
