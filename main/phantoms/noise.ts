/** Random fields on a square of side * side values: the raw material of tissue texture and of acquisition noise. */
import type { Random } from '../method/random.ts';

/**
 * Smooth noise: `octaves` lattices of normal values, the first with `cells` cells a side, each next one twice as fine
 * and weaker by `persistence`; interpolated with a smooth step. Zero mean, standard deviation about 0.5, clipped to -2..2.
 */
export function smoothNoise(
  random: Random,
  side: number,
  cells: number,
  octaves: number,
  persistence = 0.5,
): Float32Array {
  const out = new Float32Array(side * side);
  let weight = 0.75;
  let resolution = cells;
  for (let octave = 0; octave < octaves && resolution <= side; octave++) {
    addLattice(random, out, side, resolution, weight);
    weight *= persistence;
    resolution *= 2;
  }
  for (let i = 0; i < out.length; i++) out[i] = Math.max(-2, Math.min(2, out[i]!));
  return out;
}

function addLattice(random: Random, out: Float32Array, side: number, cells: number, weight: number): void {
  const stride = cells + 2;
  const lattice = new Float32Array(stride * stride);
  for (let i = 0; i < lattice.length; i++) lattice[i] = random.normal() * weight;
  const cell = new Int32Array(side);
  const share = new Float32Array(side);
  for (let i = 0; i < side; i++) {
    const position = ((i + 0.5) / side) * cells;
    const t = position - Math.floor(position);
    cell[i] = Math.floor(position);
    share[i] = t * t * (3 - 2 * t);
  }
  const line = new Float32Array(stride);
  for (let row = 0; row < side; row++) {
    const base = cell[row]! * stride;
    const t = share[row]!;
    for (let k = 0; k < stride; k++) line[k] = lattice[base + k]! * (1 - t) + lattice[base + stride + k]! * t;
    for (let column = 0; column < side; column++) {
      const k = cell[column]!;
      const s = share[column]!;
      out[row * side + column]! += line[k]! * (1 - s) + line[k + 1]! * s;
    }
  }
}

/** White normal noise, cheap: the sum of four uniform bytes of one draw, standard deviation 1. */
export function whiteNoise(random: Random, count: number): Float32Array {
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const bits = random.uint32();
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    out[i] = (sum - 510) / 147.8;
  }
  return out;
}

/** Gaussian blur, separable, edges held. `sigma` in pixels; below 0.2 nothing happens. Works in place. */
export function blur(plane: Float32Array, side: number, sigma: number, sigmaY = sigma): Float32Array {
  const scratch = new Float32Array(Math.max(1, side));
  if (sigma >= 0.2) {
    const kernel = gaussian(sigma);
    for (let row = 0; row < side; row++) blurLine(plane, row * side, 1, side, kernel, scratch);
  }
  if (sigmaY >= 0.2) {
    const kernel = gaussian(sigmaY);
    for (let column = 0; column < side; column++) blurLine(plane, column, side, side, kernel, scratch);
  }
  return plane;
}

function gaussian(sigma: number): Float32Array {
  const radius = Math.max(1, Math.ceil(2.5 * sigma));
  const kernel = new Float32Array(radius + 1);
  let sum = 0;
  for (let k = 0; k <= radius; k++) {
    kernel[k] = Math.exp((-k * k) / (2 * sigma * sigma));
    sum += kernel[k]! * (k === 0 ? 1 : 2);
  }
  for (let k = 0; k <= radius; k++) kernel[k]! /= sum;
  return kernel;
}

function blurLine(
  plane: Float32Array,
  start: number,
  step: number,
  count: number,
  kernel: Float32Array,
  line: Float32Array,
): void {
  for (let i = 0; i < count; i++) line[i] = plane[start + i * step]!;
  const last = count - 1;
  for (let i = 0; i < count; i++) {
    let sum = line[i]! * kernel[0]!;
    for (let k = 1; k < kernel.length; k++) {
      const before = Math.max(i - k, 0);
      const after = Math.min(i + k, last);
      sum += kernel[k]! * (line[before]! + line[after]!);
    }
    plane[start + i * step] = sum;
  }
}
