/** What one picture shows that would spoil a reference set, from its pixels alone. */
import type { Image8 } from '../method/image.ts';
import { toTrainingGrey } from '../method/resize.ts';
import { labelRegions } from '../method/synthesis/regions.ts';

export interface PictureLook {
  /** All pixels nearly alike: nothing to learn from. */
  readonly blank: boolean;
  readonly colour: boolean;
  readonly burnedInText: boolean;
  /** How much neighbouring pixels differ, in shares of the picture's contrast: low where it is blurred. */
  readonly sharpness: number;
  /** 64 bits as two numbers: whether each of 8 x 8 places is brighter than its right neighbour. */
  readonly hash: readonly [number, number];
  /** (32 * 32) grey values, mean 0, length 1; all 0 where blank. */
  readonly signature: Float32Array;
}

const SIDE = 128;
const SIGNATURE_SIDE = 32;
/** Grey levels between the 2nd and the 98th percentile that a picture has at least. */
const LEAST_CONTRAST = 4;

export function lookAt(image: Image8): PictureLook {
  const grey = toTrainingGrey(image, SIDE);
  const contrast = contrastOf(grey.data);
  return {
    blank: contrast < LEAST_CONTRAST,
    colour: isColour(image),
    burnedInText: hasText(image),
    sharpness: contrast > 0 ? meanDifference(grey) / contrast : 0,
    hash: hashOf(image),
    signature: signatureOf(image),
  };
}

/** Bits in which two hashes differ, 0..64. */
export function hashDistance(a: PictureLook['hash'], b: PictureLook['hash']): number {
  return bits(a[0] ^ b[0]) + bits(a[1] ^ b[1]);
}

/** Correlation of two pictures, -1..1. */
export function likeness(a: PictureLook, b: PictureLook): number {
  return a.signature.reduce((sum, value, i) => sum + value * b.signature[i]!, 0);
}

function contrastOf(data: Uint8Array): number {
  const sorted = data.slice().sort();
  return sorted[Math.floor(0.98 * (sorted.length - 1))]! - sorted[Math.floor(0.02 * (sorted.length - 1))]!;
}

function isColour({ channels, data }: Image8): boolean {
  if (channels === 1) return false;
  let coloured = 0;
  for (let i = 0; i < data.length; i += 3)
    if (Math.max(data[i]!, data[i + 1]!, data[i + 2]!) - Math.min(data[i]!, data[i + 1]!, data[i + 2]!) > 24)
      coloured++;
  return coloured > 0.001 * (data.length / 3);
}

/** Mean absolute difference of neighbours. */
function meanDifference({ width, height, data }: Image8): number {
  let sum = 0;
  for (let y = 0; y < height; y++)
    for (let x = 1; x < width; x++) sum += Math.abs(data[y * width + x]! - data[y * width + x - 1]!);
  return sum / (height * (width - 1));
}

function hashOf(image: Image8): [number, number] {
  const { data } = toTrainingGrey(image, 9);
  const half = (rows: number) => {
    let word = 0;
    for (let y = rows; y < rows + 4; y++)
      for (let x = 0; x < 8; x++) word = (word << 1) | Number(data[y * 9 + x]! > data[y * 9 + x + 1]!);
    return word;
  };
  return [half(0), half(4)];
}

function signatureOf(image: Image8): Float32Array {
  const { data } = toTrainingGrey(image, SIGNATURE_SIDE);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const centred = Float32Array.from(data, (value) => value - mean);
  const length = Math.hypot(...centred);
  return length < 1e-6 ? centred.fill(0) : centred.map((value) => value / length);
}

function bits(word: number): number {
  let count = 0;
  for (let left = word; left !== 0; left &= left - 1) count++;
  return count;
}

/** Letters of one line that are taken for text. */
const LETTERS = 4;

/**
 * Whether letters seem to be burned into the pixels: a row of small, equally high shapes in the brightest value there
 * is, as scanners write them.
 */
function hasText(image: Image8): boolean {
  const { width, height, channels, data } = image;
  const greys = new Uint8Array(width * height);
  for (let i = 0; i < greys.length; i++) greys[i] = data[i * channels]!;
  const brightest = greys.reduce((a, b) => Math.max(a, b), 0);
  const mask = { width, height, data: greys.map((value) => Number(value >= brightest - 4)) };
  if (mask.data.reduce((sum, value) => sum + value, 0) > 0.2 * greys.length) return false;
  const letters = labelRegions(mask, 8).regions.filter((region) => isLetter(region, height));
  return letters.some((first) => {
    const tall = first.bottom - first.top;
    const isAlike = (one: number, other: number) => Math.abs(one - other) <= Math.max(1, 0.15 * tall);
    const line = letters.filter(
      ({ top, bottom, left }) =>
        isAlike(bottom, first.bottom) &&
        isAlike(bottom - top, tall) &&
        left >= first.left &&
        left - first.left < 12 * tall,
    );
    return line.length >= LETTERS;
  });
}

function isLetter(
  { left, top, right, bottom, area }: ReturnType<typeof labelRegions>['regions'][number],
  height: number,
): boolean {
  const [wide, tall] = [right - left, bottom - top];
  const filled = area / (wide * tall);
  return (
    tall >= 7 && tall <= 0.08 * height + 4 && wide >= 0.1 * tall && wide <= 1.3 * tall && filled > 0.15 && filled < 0.85
  );
}
