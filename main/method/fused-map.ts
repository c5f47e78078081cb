/** The map of a judgement with a memory bank: the trained map and how unusual each place is, in deviations, as a score. */
import type { TapShape } from './architecture.ts';
import { upsampled } from './detection.ts';
import { anyBatch, Graph } from './graph/graph.ts';
import { encodeModel } from './graph/onnx.ts';
import { add, multiply } from './graph/operators.ts';
import { scoreNode } from './second-opinion.ts';

/**
 * Inputs: `head` (B, H, H), the trained map; `scale` and `offset` (), which bring it into deviations; `unusual.N`
 * (B, grid, grid), what each place of a tap adds to them.
 * Output: `map` (B, H, H), 0..1: the score of scale * head + offset + the sum of all `unusual.N`, enlarged as the method
 * enlarges its own map.
 */
export function fusedMapGraph(taps: readonly TapShape[], side: number): Uint8Array {
  const g = new Graph('float32');
  const head = g.input('head', [anyBatch, side, side]);
  const scaled = add(g, multiply(g, head, g.input('scale', [])), g.input('offset', []));
  const deviations = taps.reduce(
    (sum, { grid }, n) => add(g, sum, upsampled(g, g.input(`unusual.${n}`, [anyBatch, grid, grid]), grid, side)),
    scaled,
  );
  g.output('map', scoreNode(g, deviations));
  return encodeModel(g, 'mediclip-fused-map');
}
