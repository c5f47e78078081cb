/** How fast images are scored: against what the machine can do at all, and end to end against the bare network. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapsWeights, picturesPerRun } from '../engine/networks.ts';
import type { OpenOptions } from '../engine/sessions.ts';
import type { MeasureOutput } from '../engine/tasks.ts';
import type { ClipArchitecture } from '../method/architecture.ts';
import { Graph } from '../method/graph/graph.ts';
import { encodeModel } from '../method/graph/onnx.ts';
import { linear } from '../method/graph/operators.ts';
import { Random } from '../method/random.ts';
import { loadPack } from '../modelpack/pack.ts';
import { modelFolder } from '../services/models.ts';
import { calibrateEmbedded, folderAgainstForward, seriesOfSlices, writeRandomProfile } from './end-to-end.ts';
import { type PublishedSize, vitB16, vitL14, writeRandomPack } from './random-pack.ts';
import { type BenchContext, type BenchRow, figure, type Suite } from './suite.ts';

const BATCH = 8;

/** Images in the folder: in short ones the first and last batches, where reading and computing do not overlap, weigh more. */
const FOLDER: Readonly<Record<string, number>> = { embedded: 1000, [vitB16.name]: 1000, [vitL14.name]: 100 };

export const detect: Suite = {
  does: "vision forward passes as a share of the machine's limit, and a folder of images end to end",
  async run(context) {
    const { quick, models, tools } = context;
    const wanted = (name: string) => models.length === 0 || models.includes(name);
    const rows: BenchRow[] = [];
    for (const size of quick && models.length === 0 ? [vitB16] : [vitB16, vitL14].filter(({ name }) => wanted(name)))
      rows.push(...(await publishedSize(size, context)));
    if (wanted('embedded')) {
      const profilePath = await calibrateEmbedded(context);
      const packFolder = await modelFolder(tools, 'embedded');
      const folder = { name: 'embedded', packFolder, profilePath, preset: 'default', count: FOLDER.embedded! };
      rows.push(...(await folderAgainstForward(context, folder)), ...(await seriesOfSlices(context)));
    }
    return rows;
  },
};

async function publishedSize(size: PublishedSize, context: BenchContext): Promise<readonly BenchRow[]> {
  const { name } = size;
  const packFolder = await writeRandomPack(context.scratch, size, context.job.signal);
  const profilePath = await writeRandomProfile(context, packFolder);
  const folder = { name, packFolder, profilePath, preset: 'parity', count: FOLDER[name]! };
  return [...(await visionAgainstLimit(size, packFolder, context)), ...(await folderAgainstForward(context, folder))];
}

// --------------------------------------------------------------------------------------------- the machine's limit

/**
 * The time that the forward pass would take if all of it ran as fast as the best of its own matrix products does in
 * onnxruntime here, as a share of the time that it takes. Both in processor time of one thread, which other work on the
 * machine hardly disturbs, and in real time of all threads, which a person waits.
 */
async function visionAgainstLimit(
  size: PublishedSize,
  folder: string,
  context: BenchContext,
): Promise<readonly BenchRow[]> {
  const { tools, job, quick } = context;
  const { name, architecture, layers } = size;
  const model = await readFile(join(folder, 'vision.onnx'));
  const { imageSize } = architecture;
  const { manifest } = await loadPack(folder, { verify: false });
  const mapWeights = mapsWeights(manifest.vision.weights);
  const weights = mapWeights ? 'weights mapped' : 'weights repacked';
  const pictures = picturesPerRun(manifest.vision.weights);
  const feeds = { pixels: { dims: [pictures, 3, imageSize, imageSize], data: noise(pictures * 3 * imageSize ** 2) } };
  const note = pictures < BATCH ? `batch ${BATCH} in runs of ${pictures}, fp32` : `batch ${BATCH}, fp32`;
  const session = { dataFolder: folder, mapWeights };
  const opened = await tools.engine.run('measure', { model, session, feeds, repeats: 0 }, { signal: job.signal });
  const flops = visionFlops(architecture, layers.at(-1)!, pictures);
  const rows = [
    figure(`${name}: opening the vision session`, opened.openMs, 'ms', weights),
    figure(`${name}: private memory of the open session`, opened.openPrivateMb, 'MB', weights),
  ];
  for (const clock of CLOCKS) {
    const repeats = quick ? 1 : clock.repeats;
    const limit = await bestProduct(context, architecture, clock, repeats);
    const input = { model, session: { ...session, ...clock.session }, feeds, repeats };
    const measured = Math.min(...clock.ms(await tools.engine.run('measure', input, { signal: job.signal })));
    rows.push(
      figure(`${name}: best matrix product, ${clock.name}`, limit, 'GFLOP/s', 'at its own sizes'),
      figure(`${name}: vision forward per image, ${clock.name}`, measured / pictures, 'ms', note),
      figure(`${name}: vision forward, share of the limit, ${clock.name}`, flops / (limit * 1e6) / measured, 'ratio'),
    );
  }
  return rows;
}

interface Clock {
  readonly name: string;
  readonly session: OpenOptions;
  readonly repeats: number;
  readonly ms: (output: MeasureOutput) => readonly number[];
}

const CLOCKS: readonly Clock[] = [
  { name: 'processor time of one thread', session: { threads: 1 }, repeats: 3, ms: ({ runCpuMs }) => runCpuMs },
  { name: 'real time of all threads', session: {}, repeats: 7, ms: ({ runMs }) => runMs },
];

/** GFLOP/s of the fastest of the products that a layer of the tower is made of. */
async function bestProduct(
  { tools, job }: BenchContext,
  { vision: { width, mlpWidth }, imageSize, patchSize }: ClipArchitecture,
  clock: Clock,
  repeats: number,
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
    const input = { model: encodeModel(graph, 'matrix-product'), session: clock.session, feeds, repeats: 5 * repeats };
    const ms = Math.min(...clock.ms(await tools.engine.run('measure', input, { signal: job.signal })));
    best = Math.max(best, (2 * rows * inner * outer) / ms / 1e6);
  }
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
