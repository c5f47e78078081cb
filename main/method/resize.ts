/**
 * Images in: what the model sees of a picture. Bilinear resizing with antialiasing as Pillow does it (a triangle filter
 * as wide as the reduction, two passes, weights and results in fixed point), so that scores agree with the published
 * code to a grey level; then grey for training, RGB for testing, then CLIP's normalisation.
 */
import { Fault } from '../fault.ts';
import type { Image8 } from './image.ts';

/** Fractional bits of a weight: 8 bits of intensity, this many of fraction and 2 of headroom fill an int32. */
const fractionBits = 22;
const half = 1 << (fractionBits - 1);

/** For every output position: the first input position, how many follow, and their fixed-point weights (sum 1). */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** (outputs, widest), row-major */
  readonly weights: Int32Array;
  readonly widest: number;
}

function triangleTaps(inputs: number, outputs: number): Taps {
  const scale = inputs / outputs;
  const support = Math.max(scale, 1);
  const widest = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outputs);
  const count = new Int32Array(outputs);
  const weights = new Int32Array(outputs * widest);
  const exact = new Float64Array(widest);
  for (let o = 0; o < outputs; o++) {
    const centre = (o + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - support + 0.5));
    const to = Math.min(inputs, Math.trunc(centre + support + 0.5));
    let sum = 0;
    for (let i = from; i < to; i++) {
      const weight = Math.max(0, 1 - Math.abs((i + 0.5 - centre) / support));
      exact[i - from] = weight;
      sum += weight;
    }
    first[o] = from;
    count[o] = to - from;
    for (let i = 0; i < to - from; i++)
      weights[o * widest + i] = Math.trunc(0.5 + (exact[i]! / sum) * (1 << fractionBits));
  }
  return { first, count, weights, widest };
}

function resizeRows(image: Image8, width: number): Image8 {
  const { height, channels, data } = image;
  const { first, count, weights, widest } = triangleTaps(image.width, width);
  const result = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const row = y * image.width * channels;
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = half;
        let at = row + first[x]! * channels + c;
        for (let i = 0, w = x * widest; i < count[x]!; i++, w++, at += channels) sum += data[at]! * weights[w]!;
        result[(y * width + x) * channels + c] = sum >> fractionBits;
      }
    }
  }
  return { width, height, channels, data: result };
}

function resizeColumns(image: Image8, height: number): Image8 {
  const { channels, data } = image;
  const { first, count, weights, widest } = triangleTaps(image.height, height);
  const stride = image.width * channels;
  const result = new Uint8Array(stride * height);
  const sums = new Int32Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(half);
    for (let i = 0; i < count[y]!; i++) {
      const weight = weights[y * widest + i]!;
      const row = (first[y]! + i) * stride;
      for (let x = 0; x < stride; x++) sums[x]! += data[row + x]! * weight;
    }
    for (let x = 0; x < stride; x++) result[y * stride + x] = sums[x]! >> fractionBits;
  }
  return { width: image.width, height, channels, data: result };
}

function requireUsable(image: Image8): void {
  const { width, height, channels, data } = image;
  if (width < 1 || height < 1 || data.length !== width * height * channels)
    throw new Fault(
      'bad-pixels',
      `The image has no usable pixels (${width} x ${height}, ${data.length} bytes); give one of at least 1 x 1.`,
    );
}

/**
 * Bilinear resize with antialiasing, each side on its own, 8 bits between the passes. Same result as Pillow's
 * `resize(..., BILINEAR)`. Throws `bad-pixels` for an image without pixels.
 */
export function resize(image: Image8, width: number, height: number): Image8 {
  requireUsable(image);
  const narrowed = image.width === width ? image : resizeRows(image, width);
  return narrowed.height === height ? narrowed : resizeColumns(narrowed, height);
}

/** Luma of ITU-R BT.601 in 16-bit fixed point, rounded, as Pillow's conversion to `L`. A grey image is returned as is. */
export function toGrey(image: Image8): Image8 {
  if (image.channels === 1) return image;
  const { width, height, data } = image;
  const grey = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < grey.length; i++, at += 3)
    grey[i] = (data[at]! * 19595 + data[at + 1]! * 38470 + data[at + 2]! * 7471 + 0x8000) >> 16;
  return { width, height, channels: 1, data: grey };
}

/** The grey value on all three channels. An RGB image is returned as is. */
export function toRgb(image: Image8): Image8 {
  if (image.channels === 3) return image;
  const { width, height, data } = image;
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0, at = 0; i < data.length; i++) {
    const value = data[i]!;
    rgb[at++] = value;
    rgb[at++] = value;
    rgb[at++] = value;
  }
  return { width, height, channels: 3, data: rgb };
}

/** A training image: resized to (side, side), then grey, in the published order. Throws `bad-pixels`. */
export function toTrainingGrey(image: Image8, side: number): Image8 {
  return toGrey(resize(image, side, side));
}

/** A test image: RGB, resized to (side, side). Grey is resized before it is tripled: same result, a third of the work. */
export function toTestRgb(image: Image8, side: number): Image8 {
  return toRgb(resize(image, side, side));
}

/** What a network's input was standardised with in training, in units of full range: red, green, blue. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** CLIP's own (Radford et al., 2021); every ViT that OpenAI published uses it. */
export const clipNormalisation: Normalisation = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  deviation: [0.26862954, 0.26130258, 0.27577711],
};

/** (value / 255 - mean) / deviation for every byte value, per channel: (3, 256). */
function normalisedValues({ mean, deviation }: Normalisation): Float32Array {
  return Float32Array.from({ length: 3 * 256 }, (_, i) => {
    const channel = i >> 8;
    return ((i & 255) / 255 - mean[channel]!) / deviation[channel]!;
  });
}

/**
 * A network's input: (3, height, width) float32, channel by channel. Grey fills all three channels. `target` (for
 * instance a batch) is written from `offset` and returned; without it a new buffer is made.
 */
export function normalise(
  image: Image8,
  normalisation: Normalisation = clipNormalisation,
  target: Float32Array = new Float32Array(3 * image.width * image.height),
  offset = 0,
): Float32Array {
  const table = normalisedValues(normalisation);
  const pixels = image.width * image.height;
  const { channels, data } = image;
  for (let c = 0; c < 3; c++) {
    const values = table.subarray(c * 256, (c + 1) * 256);
    const plane = offset + c * pixels;
    for (let i = 0, at = channels === 3 ? c : 0; i < pixels; i++, at += channels)
      target[plane + i] = values[data[at]!]!;
  }
  return target;
}
