import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import dcmjsCodecs from 'dcmjs-codecs';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../../tests/support/store.ts';
import { Fault } from '../../fault.ts';
import { findIndependentReader } from '../conformance/compare.ts';
import { bytesOf, itemsOf, parseDataset, stringOf, stringsOf, textOf } from '../dataset.ts';
import { decodeFrame } from '../pixels.ts';
import { compressedFile, dicomFile, type Element, encapsulated, imageElements, type Value } from '../samples.ts';
import { type DeidentifyOptions, deidentify } from './deidentify.ts';

const options: DeidentifyOptions = { key: Buffer.alloc(32, 7), dates: 'shifted', keepPatientCharacteristics: false };

/** A slice of a patient, with identity in every kind of place. */
function slice(
  studyDate: string,
  more: readonly (readonly [tag: number, vr: string, value: Value])[] = [],
): Uint8Array {
  const request: Element[] = [
    [0x00081155, 'UI', '1.2.3.4.5'],
    [0x00321032, 'PN', 'House^Gregory'],
    [0x00400007, 'LO', 'CT of Mrs Lovelace'],
  ];
  return dicomFile(
    imageElements([
      [0x00080018, 'UI', '1.2.3.4.6'],
      [0x00080020, 'DA', studyDate],
      [0x00080050, 'SH', 'ACC-2207'],
      [0x00081030, 'LO', 'Chest of Lovelace'],
      [0x00081140, 'SQ', [request]],
      [0x00090010, 'LO', 'VENDOR'],
      [0x00091001, 'LO', 'Lovelace'],
      [0x00100010, 'PN', 'Lovelace^Ada'],
      [0x00100020, 'LO', 'PID-1815'],
      [0x00100030, 'DA', '18151210'],
      [0x00100040, 'CS', 'F'],
      [0x00101010, 'AS', '036Y'],
      [0x00180015, 'CS', 'CHEST'],
      [0x00181020, 'LO', 'v2 for Lovelace'],
      [0x0020000d, 'UI', '1.2.3.4.7'],
      [0x60003000, 'OW', new Uint8Array(2)],
      ...more,
    ]),
  );
}

const read = (bytes: Uint8Array) => parseDataset(bytes).dataset;

describe('de-identification', () => {
  it('leaves nothing that identifies the patient, and everything that the image needs', () => {
    const { bytes, patientId } = deidentify(slice('20240131'), options);
    for (const secret of [
      'lovelace',
      'house',
      'gregory',
      'pid-1815',
      '1815',
      '20240131',
      'acc-2207',
      '1.2.3.4',
      'vendor',
    ])
      expect(Buffer.from(bytes).toString('latin1').toLowerCase()).not.toContain(secret);
    const after = read(bytes);
    expect(textOf(after, 'x00100010', [])).toBe(`Anonymous^${patientId}`);
    expect(stringOf(after, 'x00180015')).toBe('CHEST');
    expect(Object.keys(after.elements).filter((tag) => /^x(...[13579bdf]|60)/.test(tag))).toEqual([]);
    expect(after.elements.x7fe00010?.length).toBe(read(slice('20240131')).elements.x7fe00010?.length);
    expect(itemsOf(after, 'x00120064').map((item) => stringOf(item, 'x00080100'))).toEqual(['113100', '113107']);
    expect([stringOf(after, 'x00120062'), stringOf(after, 'x00280303')]).toEqual(['YES', 'MODIFIED']);
  });

  it('gives one patient one pseudonym and keeps the days between the dates; another key gives others', () => {
    const [first, second] = ['20240131', '20240302'].map((date) => deidentify(slice(date), options));
    expect(second?.patientId).toBe(first?.patientId);
    expect(second?.studyUid).toBe(first?.studyUid);
    const day = (bytes: Uint8Array) => {
      const date = stringOf(read(bytes), 'x00080020');
      return Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`) / 86_400_000;
    };
    expect(day(second!.bytes) - day(first!.bytes)).toBe(31);
    const other = deidentify(slice('20240131'), { ...options, key: Buffer.alloc(32, 8) });
    expect([other.patientId, other.studyUid]).not.toContain(first?.patientId);
    expect(other.studyUid).not.toBe(first?.studyUid);
  });

  it('keeps sex and age, and drops dates, where that is asked for, and records it', () => {
    const { bytes } = deidentify(slice('20240131'), { ...options, dates: 'removed', keepPatientCharacteristics: true });
    const after = read(bytes);
    expect([stringOf(after, 'x00100040'), stringOf(after, 'x00101010')]).toEqual(['F', '036Y']);
    expect([stringOf(after, 'x00080020'), stringOf(after, 'x00280303')]).toEqual(['', 'REMOVED']);
    expect(itemsOf(after, 'x00120064').map((item) => stringOf(item, 'x00080100'))).toEqual(['113100', '113108']);
  });

  it('refuses an image with text in its pixels, and notes one that may have some', () => {
    expect(() => deidentify(slice('20240131', [[0x00280301, 'CS', 'YES']]), options)).toThrow(/drawn into its pixels/);
    expect(deidentify(slice('20240131', [[0x00080060, 'CS', 'US']]), options).notes).toHaveLength(1);
    expect(deidentify(slice('20240131'), options).notes).toEqual([]);
  });
});

const geometry: [number, string, string][] = [
  [0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\M\\ND'],
  [0x00080030, 'TM', '101112'],
  [0x00080032, 'TM', '101113.5'],
  [0x00080060, 'CS', 'MR'],
  [0x00180050, 'DS', '1'],
  [0x00200011, 'IS', '1'],
  [0x00200013, 'IS', '1000'],
  [0x00200032, 'DS', '0\\1\\-1000'],
  [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
  [0x00200062, 'CS', 'L'],
  [0x00280030, 'DS', '0.5\\0.5'],
  [0x00281053, 'DS', '1'],
  [0x00281054, 'LO', 'HU'],
];

describe('what makes an image one', () => {
  const textAt = (bytes: Uint8Array, tag: number) =>
    stringsOf(read(bytes), `x${tag.toString(16).padStart(8, '0')}`).join('\\');

  it.each([
    ['Doe^John^L^Mr', 'PID-1815'],
    ['Doe^John^M', '1'],
    ['Hu^Mr', '0000'],
    ['Nd^L', '1000'],
    ['Ada', '0.5'],
  ])('stays for a patient called %s with the number %s', (name, id) => {
    const identity: [number, string, string][] = [
      [0x00100010, 'PN', name],
      [0x00100020, 'LO', id],
    ];
    const { bytes } = deidentify(slice('20240131', [...geometry, ...identity]), options);
    for (const [tag, , value] of geometry) expect(textAt(bytes, tag), tag.toString(16)).toBe(value);
  });

  it('does not keep a text in which a short name stands as a word', () => {
    const { bytes } = deidentify(
      slice('20240131', [
        [0x00100010, 'PN', 'Li^Wei^^Mr'],
        [0x00181020, 'LO', 'v2 for Li'],
        [0x00180024, 'SH', 'MR like'],
      ]),
      options,
    );
    expect(textAt(bytes, 0x00181020)).toBe('');
    expect(textAt(bytes, 0x00180024)).toBe('MR like');
  });

  it('is noted where a code is spelled like a name', () => {
    const named = slice('20240131', [[0x00100010, 'PN', 'Chest^Ada']]);
    const { bytes, notes } = deidentify(named, options);
    expect(textAt(bytes, 0x00180015)).toBe('CHEST');
    expect(notes).toEqual(['(0018,0015) holds a value that is spelled like a name or number of the patient.']);
  });

  it('loses its times where dates are removed', () => {
    const { bytes } = deidentify(slice('20240131', geometry), { ...options, dates: 'removed' });
    expect([textAt(bytes, 0x00080030), textAt(bytes, 0x00080032)]).toEqual(['', '']);
  });
});

const SECRET = Buffer.from('Lovelace Ada PID-1815 20240131');

/** A segment of JPEG or JPEG 2000: its length counts itself. */
const segment = (code: number, body: Uint8Array) =>
  Buffer.concat([Buffer.of(0xff, code, (body.length + 2) >> 8, (body.length + 2) & 0xff), body]);

async function encode(method: string, options: object): Promise<Buffer> {
  await dcmjsCodecs.NativeCodecs.initializeAsync();
  const pixels = Uint8Array.from({ length: 64 * 48 }, (_, i) => (i * 37 + (i >> 6)) % 251);
  const context = new dcmjsCodecs.Context({
    width: 64,
    height: 48,
    bitsAllocated: 8,
    bitsStored: 8,
    samplesPerPixel: 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    decodedBuffer: pixels,
  });
  const codecs = dcmjsCodecs.NativeCodecs as unknown as Record<string, (of: object, how: object) => typeof context>;
  return Buffer.from(codecs[method]?.(context, options).getEncodedBuffer() as Uint8Array);
}

/** With a comment, Exif and text behind the end of the picture. */
function annotatedJpeg(plain: Buffer): Buffer {
  const exif = Buffer.concat([Buffer.from('Exif\0\0'), SECRET]);
  const start = plain.subarray(0, 2);
  return Buffer.concat([start, segment(0xfe, SECRET), segment(0xe1, exif), plain.subarray(2), SECRET]);
}

/** With a comment in the main header, right behind its SIZ segment, and text behind the end. */
function annotatedJpeg2000(plain: Buffer): Buffer {
  const behindSize = 4 + plain.readUInt16BE(4);
  const comment = segment(0x64, Buffer.concat([Buffer.of(0, 1), SECRET]));
  return Buffer.concat([plain.subarray(0, behindSize), comment, plain.subarray(behindSize), SECRET]);
}

describe('pixels', () => {
  it.each([
    ['JPEG', '1.2.840.10008.1.2.4.50', 'encodeJpeg', annotatedJpeg],
    ['JPEG-LS', '1.2.840.10008.1.2.4.80', 'encodeJpegLs', annotatedJpeg],
    ['JPEG 2000', '1.2.840.10008.1.2.4.90', 'encodeJpeg2000', annotatedJpeg2000],
    ['HTJ2K', '1.2.840.10008.1.2.4.201', 'encodeHtJpeg2000', annotatedJpeg2000],
  ])('of %s stay, without the comments in their streams', async (_, syntax, method, annotate) => {
    const stream = annotate(await encode(method, { lossy: syntax.endsWith('.50') }));
    const half = 40; // inside the comment
    const fragments = encapsulated([stream.subarray(0, half), stream.subarray(half)]);
    const elements = imageElements([
      [0x00100010, 'PN', 'Lovelace^Ada'],
      [0x00100020, 'LO', 'PID-1815'],
      [0x00280010, 'US', 48],
      [0x00280011, 'US', 64],
      [0x00280100, 'US', 8],
      [0x00280101, 'US', 8],
      [0x00280102, 'US', 7],
      [0x00280103, 'US', 0],
    ]);
    const file = compressedFile(elements, fragments, syntax);
    const { bytes } = deidentify(file, options);
    const text = Buffer.from(bytes).toString('latin1');
    for (const secret of ['Lovelace', 'PID-1815', '20240131']) expect(text).not.toContain(secret);
    expect((await decodeFrame(bytes, 0)).data).toEqual((await decodeFrame(file, 0)).data);
  });

  it('lose what hides in the bits above and below the stored ones', async () => {
    const stored = [0x0fff, 0x0001, 0x0800, 0x0000, 0x07ff, 0x0abc];
    const withOverlay = Uint16Array.from(stored, (value, i) => (i % 2 === 0 ? value | 0x9000 : value));
    const file = (signed: 0 | 1) =>
      dicomFile(
        imageElements([
          [0x00280101, 'US', 12],
          [0x00280102, 'US', 11],
          [0x00280103, 'US', signed],
          [0x7fe00010, 'OW', new Uint8Array(withOverlay.buffer)],
        ]),
      );
    const wordsOf = (bytes: Uint8Array) => {
      const pixels = bytesOf(read(bytes), 'x7fe00010') as Uint8Array;
      return [...pixels.keys()].filter((at) => at % 2 === 0).map((at) => pixels[at]! | (pixels[at + 1]! << 8));
    };
    expect(wordsOf(deidentify(file(0), options).bytes)).toEqual(stored);
    const extended = stored.map((value) => (value >= 0x800 ? value | 0xf000 : value));
    expect(wordsOf(deidentify(file(1), options).bytes)).toEqual(extended);
  });

  it('that hold a name as text where nothing can blank it are refused', () => {
    const pixels = Buffer.from('some Lovelace text');
    const of = (name: string) => {
      const identity: Element = [0x00100010, 'PN', name];
      return dicomFile(imageElements([identity, [0x7fe00010, 'OW', pixels]]));
    };
    expect(() => deidentify(of('Lovelace^Ada'), options)).toThrow(/hold a name/);
    expect(() => deidentify(of('House^Gregory'), options)).not.toThrow();
  });
});

const real = resolve(import.meta.dirname, '../../../../shared/data/dicom');
const python = findIndependentReader();

interface Seen {
  readonly names: readonly string[];
  readonly rawNames: readonly string[];
  readonly numbers: readonly string[];
  readonly dates: readonly string[];
  readonly uids: readonly string[];
  readonly shortKept: readonly string[];
  readonly samePixels: boolean;
  readonly codes: readonly string[];
  readonly codeStrings: readonly string[];
  readonly privateElements: readonly string[];
  readonly uidsKept: readonly string[];
}

const occurrences = (text: string, part: string) => text.split(part).length - 1;

/** Shorter ones occur by chance among the digits of UIDs and in pixels: they are compared as whole values. */
function secretsOf({ names, rawNames, numbers, dates, uids }: Seen): Buffer[] {
  const texts = [
    ...names.filter((name) => name.length > 3),
    ...numbers.filter((number) => number.length > 4),
    ...dates,
  ];
  const text = [...texts, ...uids.filter((uid) => uid.length > 8)].filter((value) => !/^anonymous$/i.test(value));
  const raw = rawNames.map((hex) => Buffer.from(hex, 'hex')).filter((bytes) => bytes.length > 3);
  return [...text.map((value) => Buffer.from(value)), ...raw.filter((bytes) => !/^anonymous$/i.test(bytes.toString()))];
}

describe.skipIf(python === null || !existsSync(real))('de-identified real files, by an independent reader', () => {
  it('keep no name, number, date or UID of the original anywhere in their bytes', { timeout: 240_000 }, async () => {
    const out = freshFolder();
    mkdirSync(join(out, 'clean'));
    const pairs: [string, string][] = [];
    for (const entry of readdirSync(real, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      try {
        const cleaned = join(out, 'clean', `${pairs.length}.dcm`);
        writeFileSync(cleaned, deidentify(readFileSync(path), options, path).bytes);
        pairs.push([path, cleaned]);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault);
      }
    }
    expect(pairs.length).toBeGreaterThan(190);
    const script = resolve(import.meta.dirname, '../conformance/identifiers-with-pydicom.py');
    const input = pairs.map((pair) => `${pair.join('\t')}\n`).join('');
    const { stdout, stderr } = spawnSync(python as string, [script], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
    const seen = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Seen);
    expect(seen.length, stderr).toBe(pairs.length);
    const left = seen.flatMap((one, i) => {
      const bytes = readFileSync((pairs[i] as [string, string])[1])
        .toString('latin1')
        .toLowerCase();
      // A patient of a sample file is called Perfusion, which is also a defined term of its Image Type.
      const terms = one.codeStrings.join('\n').toLowerCase();
      const kept = secretsOf(one).filter((secret) => {
        const text = secret.toString('latin1').toLowerCase();
        return occurrences(bytes, text) > occurrences(terms, text);
      });
      return kept.map((secret) => `${pairs[i]?.[0].slice(real.length)}: ${secret}`);
    });
    expect(left).toEqual([]);
    for (const [i, { shortKept, samePixels, codes, privateElements, uidsKept }] of seen.entries())
      expect({ shortKept, samePixels, codes, privateElements, uidsKept }, pairs[i]?.[0]).toEqual({
        shortKept: [],
        samePixels: true,
        codes: ['113100', '113107'],
        privateElements: [],
        uidsKept: [],
      });
    for (const [original, copy] of pairs) expect(await firstFrame(copy), original).toEqual(await firstFrame(original));
  });
});

/** A digest of what it decodes to, or the sentence that says why it does not. */
async function firstFrame(path: string): Promise<string> {
  try {
    const { data } = await decodeFrame(path, 0);
    return createHash('sha256')
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      .digest('hex');
  } catch (thrown) {
    return Fault.from(thrown).message;
  }
}
