/**
 * A memory bank of normal patch features: how far every patch of a picture lies from the nearest patch of the support
 * set, without any training (after PatchCore, Roth et al., CVPR 2022; a second opinion beside MediCLIP's map).
 *
 * A patch's feature is the sum of its token and its neighbours' (3 x 3), scaled to unit length; distance is one minus
 * the cosine.
 */
import type { TapShape } from './architecture.ts';
import { anyBatch, Graph } from './graph/graph.ts';
import { encodeModel } from './graph/onnx.ts';
import { add, divide, lengthOfVectors, linear, matrixProduct, reshape } from './graph/operators.ts';

/**
 * Input: `tap.N` (B, grid^2, width) as the vision graph gives them.
 * Output: `feature.N` (B, grid^2, width), unit vectors.
 */
export function patchFeatureGraph(taps: readonly TapShape[]): Uint8Array {
  const g = new Graph('float32');
  for (const [n, { grid, width }] of taps.entries()) {
    const tokens = g.input(`tap.${n}`, [anyBatch, grid * grid, width]);
    const summed = matrixProduct(g, g.constant(neighbours(grid), [grid * grid, grid * grid]), tokens);
    // A token of zeros has no direction; the sliver keeps it zero, at distance 1 from everything.
    g.output(`feature.${n}`, divide(g, summed, add(g, lengthOfVectors(g, summed), g.scalar(1e-6))));
  }
  return encodeModel(g, 'mediclip-patch-features');
}

/**
 * Inputs: `query.N` (B, grid^2, width), `reference.N` (R * grid^2, width): features of pictures and of support images.
 * Output: `similarity.N` (B * grid^2 * R): each query patch's highest cosine with a patch of each reference.
 */
export function nearestPatchGraph(taps: readonly TapShape[]): Uint8Array {
  const g = new Graph('float32');
  for (const [n, { grid, width }] of taps.entries()) {
    const patches = grid * grid;
    const query = reshape(g, g.input(`query.${n}`, [anyBatch, patches, width]), [anyBatch * patches, width]);
    const cosines = linear(g, query, g.input(`reference.${n}`, [anyBatch, width])); // (B * patches, R * patches)
    const rows = g.emit('Reshape', [cosines, g.integers([-1, patches])], [anyBatch, patches]); // (B * patches * R, patches)
    g.output(`similarity.${n}`, g.emit('ReduceMax', [rows, g.integers([1])], [anyBatch], { keepdims: 0 }));
  }
  return encodeModel(g, 'mediclip-nearest-patch');
}

/** (grid^2, grid^2): 1 where two patches touch or are the same. */
function neighbours(grid: number): Float32Array {
  const patches = grid * grid;
  return Float32Array.from({ length: patches * patches }, (_, i) => {
    const [a, b] = [Math.floor(i / patches), i % patches];
    const apart = Math.max(Math.abs(Math.floor(a / grid) - Math.floor(b / grid)), Math.abs((a % grid) - (b % grid)));
    return apart <= 1 ? 1 : 0;
  });
}

/** The mean direction of a picture's patches: (grid^2, width) -> (width), unit length. */
export function pictureFeature(patches: Float32Array, width: number): Float32Array {
  const mean = new Float32Array(width);
  for (let at = 0; at < patches.length; at += width) for (let i = 0; i < width; i++) mean[i]! += patches[at + i]!;
  const length = Math.hypot(...mean) || 1;
  return mean.map((value) => value / length);
}

/** One minus the cosine of two unit vectors. */
export function distanceOf(a: Float32Array, b: Float32Array): number {
  let cosine = 0;
  for (let i = 0; i < a.length; i++) cosine += a[i]! * b[i]!;
  return 1 - cosine;
}
