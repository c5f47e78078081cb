/** How fast images are scored: against what the machine can do at all, and end to end against the bare network. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineTasks } from '../engine/tasks.ts';
import { Fault } from '../fault.ts';
import type { ClipArchitecture } from '../method/architecture.ts';
import { Graph } from '../method/graph/graph.ts';
import { encodeModel } from '../method/graph/onnx.ts';
import { linear } from '../method/graph/operators.ts';
import { Random } from '../method/random.ts';
import type { TaskRunner } from '../process/tasks.ts';
import { type PublishedSize, vitB16, vitL14, writeRandomPack } from './random-pack.ts';
import { type BenchContext, type BenchRow, figure, type Suite } from './suite.ts';

const BATCH = 8;

export const detect: Suite = {
  does: "vision forward passes as a share of the machine's limit, and a folder of images end to end",
  async run(context) {
    const sizes = context.quick ? [vitB16] : [vitB16, vitL14];
    const rows: BenchRow[] = [];
    for (const size of sizes) rows.push(...(await visionAgainstLimit(size, context)));
    return rows;
  },
};

// --------------------------------------------------------------------------------------------- the machine's limit

/**
 * The time that the forward pass would take if all of it ran as fast as the best of its own matrix products does in
 * onnxruntime here, as a share of the time that it takes.
 */
async function visionAgainstLimit(
  size: PublishedSize,
  { tools: { engine }, job, scratch, quick }: BenchContext,
): Promise<readonly BenchRow[]> {
  const repeats = quick ? 1 : 7;
  const { name, architecture, layers } = size;
  const limit = await bestProduct(engine, architecture, repeats, job.signal);
  const folder = await writeRandomPack(scratch, size, job.signal);
  const model = await readFile(join(folder, 'vision.onnx'));
  const { imageSize } = architecture;
  const pixels = { dims: [BATCH, 3, imageSize, imageSize], data: noise(BATCH * 3 * imageSize ** 2) };
  const session = { dataFolder: folder, mapWeights: true };
  const { runMs, openMs, openPrivateMb } = await engine.run(
    'measure',
    { model, session, feeds: { pixels }, repeats },
    { signal: job.signal },
  );
  const measured = Math.min(...runMs);
  const flops = visionFlops(architecture, layers.at(-1)!, BATCH);
  const implied = flops / (limit * 1e6);
  const note = `batch ${BATCH}, fp32`;
  return [
    figure(`${name}: best matrix product`, limit, 'GFLOP/s', 'at its own sizes'),
    figure(`${name}: vision forward per image`, measured / BATCH, 'ms', note),
    figure(`${name}: vision forward, share of the limit`, implied / measured, 'ratio', note),
    figure(`${name}: opening the vision session`, openMs, 'ms', 'weights mapped'),
    figure(`${name}: private memory of the open session`, openPrivateMb, 'MB', 'weights mapped'),
  ];
}

/** GFLOP/s of the fastest of the products that a layer of the tower is made of. */
async function bestProduct(
  engine: TaskRunner<EngineTasks>,
  { vision: { width, mlpWidth }, imageSize, patchSize }: ClipArchitecture,
  repeats: number,
  signal: AbortSignal,
): Promise<number> {
  const rows = BATCH * (1 + (imageSize / patchSize) ** 2);
  const shapes = [
    [width, 3 * width],
    [width, width],
    [width, mlpWidth],
    [mlpWidth, width],
  ] as const;
  let best = 0;
  for (const [inner, outer] of shapes) {
    const graph = new Graph('float32');
    const left = graph.input('left', [rows, inner]);
    graph.output('product', linear(graph, left, graph.constant(noise(outer * inner), [outer, inner])));
    const feeds = { left: { dims: [rows, inner], data: noise(rows * inner) } };
    const model = encodeModel(graph, 'matrix-product');
    const { runMs } = await engine.run('measure', { model, session: {}, feeds, repeats: 3 * repeats }, { signal });
    best = Math.max(best, (2 * rows * inner * outer) / Math.min(...runMs) / 1e6);
  }
  if (!(best > 0)) throw new Fault('internal', 'The matrix products could not be timed.');
  return best;
}

/** Floating-point operations of the products in the first `layers` blocks; the rest of a block is small beside them. */
function visionFlops({ vision, imageSize, patchSize }: ClipArchitecture, layers: number, batch: number): number {
  const { width, mlpWidth } = vision;
  const patches = (imageSize / patchSize) ** 2;
  const tokens = patches + 1;
  const linears = 2 * tokens * width * (4 * width + 2 * mlpWidth); // q, k, v, out; both of the MLP
  const attention = 4 * tokens ** 2 * width; // q k^T and its product with v
  const embedding = 2 * patches * width * 3 * patchSize ** 2;
  return batch * (layers * (linears + attention) + embedding);
}

function noise(length: number): Float32Array {
  const random = new Random(1);
  return Float32Array.from({ length }, () => random.between(-1, 1));
}
