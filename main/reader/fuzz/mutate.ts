/** Mutations of DICOM files that know their structure: lengths, VRs, nested sequences, pixel attributes, fragments. */
import type { DataSet } from 'dicom-parser';
import { parseDataset } from '../../imaging/dataset.ts';
import type { Random } from '../../method/random.ts';

/** Where one element lies: its value, and the field that states its length. */
interface Place {
  readonly tag: string;
  readonly vr: string | undefined;
  readonly start: number;
  readonly length: number;
  readonly lengthAt: number;
  readonly lengthBytes: 2 | 4;
}

/** A file to start from, with what was found in it. */
export interface Seed {
  readonly name: string;
  readonly bytes: Buffer;
  readonly places: readonly Place[];
  /** Offset of each fragment's item tag, for encapsulated pixels. */
  readonly fragments: readonly number[];
}

const PIXEL_ATTRIBUTES = new Set([
  'x00280002', 'x00280004', 'x00280006', 'x00280008', 'x00280010', 'x00280011', 'x00280100', 'x00280101', 'x00280102',
  'x00280103', 'x00281101', 'x00281201', 'x00283002', 'x60000010', 'x60000011', 'x60000050', 'x7fe00001',
]); // biome-ignore format: a list of tags
const VRS =
  'AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST TM UC UI UL UN UR US UT ZZ \0\0'.split(' ');
const SYNTAXES = [
  '1.2',
  '1.2.1',
  '1.2.2',
  '1.2.1.99',
  '1.2.5',
  ...[50, 51, 57, 70, 80, 81, 90, 91, 110, 201, 202].map((n) => `1.2.4.${n}`),
];
const STRINGS = [
  '',
  'NaN',
  '1e999',
  '-1e308',
  '0',
  '-1',
  '99999999999',
  '4294967295',
  '\\\\\\\\',
  'A'.repeat(300),
  '1\\2\\3\\4\\5\\6\\7',
  'ISO 2022 IR 87',
  '\x1b$B\x1b',
  'LOCALIZER',
  'PALETTE COLOR',
  'YBR_FULL_422',
  'MONOCHROME1',
];

/** Finds the elements of a file; a file that cannot be parsed is mutated blindly. */
export function seedOf(name: string, bytes: Buffer): Seed {
  try {
    const file = parseDataset(bytes);
    if (file.bytes !== bytes) return { name, bytes, places: [], fragments: [] }; // deflated: offsets are not the file's
    const places = placesOf(file.dataset, bytes);
    return { name, bytes, places, fragments: fragmentsOf(file.dataset, bytes) };
  } catch {
    return { name, bytes, places: [], fragments: [] };
  }
}

function placesOf(dataset: DataSet, bytes: Buffer): Place[] {
  return Object.values(dataset.elements).flatMap((element) => {
    const { tag, vr, dataOffset: start, length } = element;
    const isShort = vr !== undefined && bytes.toString('latin1', start - 4, start - 2) === vr;
    const place: Place = {
      tag,
      vr,
      start,
      length: Math.max(0, length),
      lengthAt: start - (isShort ? 2 : 4),
      lengthBytes: isShort ? 2 : 4,
    };
    const items = (element.items ?? []).flatMap((item) => [
      {
        tag: 'item',
        vr: undefined,
        start: item.dataOffset,
        length: Math.max(0, item.length),
        lengthAt: item.dataOffset - 4,
        lengthBytes: 4 as const,
      },
      ...(item.dataSet ? placesOf(item.dataSet, bytes) : []),
    ]);
    return [place, ...items];
  });
}

function fragmentsOf(dataset: DataSet, bytes: Buffer): number[] {
  const element = dataset.elements.x7fe00010;
  if (!element?.hadUndefinedLength) return [];
  const found: number[] = [];
  for (let at = element.dataOffset; at + 8 <= bytes.length && bytes.readUInt32LE(at) === 0xe000fffe; ) {
    found.push(at);
    at += 8 + bytes.readUInt32LE(at + 4);
  }
  return found;
}

type Mutation = (bytes: Buffer, seed: Seed, random: Random) => Buffer;

const pick = <T>(items: readonly T[], random: Random): T => items[random.below(items.length)] as T;

const lengthField: Mutation = (bytes, { places }, random) => {
  const { lengthAt, lengthBytes, length } = pick(places, random);
  const values = [
    0,
    1,
    length - 1,
    length + 1,
    length + 2,
    length * 2,
    0xfffe,
    0x7fffffff,
    0xfffffffe,
    0xffffffff,
    random.uint32(),
  ];
  const value = Math.max(0, pick(values, random));
  if (lengthAt + lengthBytes > bytes.length || lengthAt < 0) return bytes;
  if (lengthBytes === 2) bytes.writeUInt16LE(value & 0xffff, lengthAt);
  else bytes.writeUInt32LE(value >>> 0, lengthAt);
  return bytes;
};

const vrField: Mutation = (bytes, { places }, random) => {
  const { lengthAt, lengthBytes, vr } = pick(places, random);
  if (vr !== undefined) bytes.write(pick(VRS, random), Math.max(0, lengthAt - (lengthBytes === 2 ? 2 : 4)), 'latin1');
  return bytes;
};

const tagField: Mutation = (bytes, { places }, random) => {
  const { lengthAt, vr } = pick(places, random);
  const at = Math.max(0, lengthAt - (vr === undefined ? 4 : 6));
  if (at + 4 <= bytes.length)
    bytes.writeUInt16LE(pick([0x0002, 0x0028, 0x5200, 0x7fe0, 0xfffe, random.below(0x10000)], random), at);
  return bytes;
};

const pixelAttribute: Mutation = (bytes, { places }, random) => {
  const attributes = places.filter(({ tag }) => PIXEL_ATTRIBUTES.has(tag));
  if (attributes.length === 0) return bytes;
  const { start, length } = pick(attributes, random);
  const value = pick(
    [0, 1, 2, 3, 4, 7, 8, 12, 15, 16, 31, 32, 64, 255, 0x7fff, 0x8000, 0xffff, random.below(0x10000)],
    random,
  );
  if (length >= 2 && start + 2 <= bytes.length) bytes.writeUInt16LE(value, start);
  return bytes;
};

const textValue: Mutation = (bytes, { places }, random) => {
  const { start, length } = pick(places, random);
  bytes.write(pick(STRINGS, random).padEnd(length).slice(0, length), start, 'latin1');
  return bytes;
};

const valueBytes: Mutation = (bytes, { places }, random) => {
  const { start, length } = pick(places, random);
  for (let i = 0; i < 4 && length > 0; i += 1) bytes[start + random.below(Math.min(length, 64))] = random.below(256);
  return bytes;
};

const nesting: Mutation = (bytes, { places }, random) => {
  const depth = pick([1, 3, 40, 3000, 20_000], random);
  const level = Buffer.from('0800401153510000fffffffffeff00e0ffffffff', 'hex'); // a sequence and an item, both of undefined length
  const { lengthAt, vr } = pick(places, random);
  const at = Math.max(0, Math.min(bytes.length, lengthAt - (vr === undefined ? 4 : 6)));
  return Buffer.concat([bytes.subarray(0, at), ...Array.from({ length: depth }, () => level), bytes.subarray(at)]);
};

const repeated: Mutation = (bytes, { places }, random) => {
  const one = pick(places, random);
  const from = Math.max(0, one.lengthAt - 6);
  const element = bytes.subarray(from, Math.min(bytes.length, one.start + Math.min(one.length, 4096)));
  const to = Math.max(0, pick(places, random).lengthAt - 6);
  const copies = Array.from({ length: pick([1, 2, 200], random) }, () => element);
  return Buffer.concat([bytes.subarray(0, to), ...copies, bytes.subarray(to)]);
};

const removed: Mutation = (bytes, { places }, random) => {
  const { lengthAt, start, length } = pick(places, random);
  return Buffer.concat([bytes.subarray(0, Math.max(0, lengthAt - 6)), bytes.subarray(start + length)]);
};

const fragment: Mutation = (bytes, { fragments }, random) => {
  if (fragments.length === 0) return bytes;
  const at = pick(fragments, random);
  const length = at + 8 <= bytes.length ? bytes.readUInt32LE(at + 4) : 0;
  const act = random.below(4);
  if (act === 0 && at + 8 <= bytes.length)
    bytes.writeUInt32LE(pick([0, 1, length + 1, length * 2, 0xffffffff, random.uint32()], random) >>> 0, at + 4);
  else if (act === 1) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 8 + length)]);
  else if (act === 2)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + 8 + length), bytes.subarray(at)]);
  else
    for (let i = 0; i < 1 + random.below(20); i += 1)
      bytes[at + 8 + random.below(Math.max(1, length))] = random.below(256);
  return bytes;
};

const syntax: Mutation = (bytes, { places }, random) => {
  const place = places.find(({ tag }) => tag === 'x00020010');
  const at = place?.start ?? bytes.indexOf('1.2.840.10008.1.2');
  if (at < 0) return bytes;
  const length = place?.length ?? 17;
  bytes.write(`1.2.840.10008.${pick(SYNTAXES, random)}`.padEnd(length, '\0').slice(0, length), at, 'latin1');
  return bytes;
};

const cutOff: Mutation = (bytes, _, random) => bytes.subarray(0, random.below(bytes.length));

const anyByte: Mutation = (bytes, _, random) => {
  const reach = random.below(2) === 0 ? bytes.length : Math.min(bytes.length, 2048);
  for (let i = 0; i < 1 + random.below(12); i += 1) bytes[random.below(reach)] = random.below(256);
  return bytes;
};

const STRUCTURED: readonly Mutation[] = [
  lengthField,
  vrField,
  tagField,
  pixelAttribute,
  textValue,
  valueBytes,
  nesting,
  repeated,
  removed,
  fragment,
  fragment,
  syntax,
  lengthField,
  pixelAttribute,
];
const BLIND: readonly Mutation[] = [cutOff, anyByte, anyByte];

/** One to three mutations of a seed; the seed stays as it is. */
export function mutate(seed: Seed, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(seed.bytes);
  const rounds = 1 + random.below(3);
  for (let round = 0; round < rounds && bytes.length > 0; round += 1) {
    const mutation = seed.places.length > 0 && random.below(8) > 0 ? pick(STRUCTURED, random) : pick(BLIND, random);
    try {
      bytes = mutation(bytes, seed, random);
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown; // an earlier mutation took away what this one would change
    }
  }
  return bytes;
}
