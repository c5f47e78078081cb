/** How fast images are scored: against what the machine can do at all, and end to end against the bare network. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenOptions } from '../engine/sessions.ts';
import type { MeasureOutput } from '../engine/tasks.ts';
import { sharp } from '../imaging/sharp.ts';
import type { ClipArchitecture } from '../method/architecture.ts';
import { Graph } from '../method/graph/graph.ts';
import { encodeModel } from '../method/graph/onnx.ts';
import { linear } from '../method/graph/operators.ts';
import { Random } from '../method/random.ts';
import { loadPack } from '../modelpack/pack.ts';
import { methodSettingsOf } from '../services/calibration.ts';
import { detectFiles } from '../services/files.ts';
import { modelFolder } from '../services/models.ts';
import type { Picture } from '../services/pictures.ts';
import { randomProfile, wavyPicture, wavyPictures } from './made-up.ts';
import { type PublishedSize, vitB16, vitL14, writeRandomPack } from './random-pack.ts';
import { type BenchContext, type BenchRow, figure, type Suite } from './suite.ts';

const BATCH = 8;

export const detect: Suite = {
  does: "vision forward passes as a share of the machine's limit, and a folder of images end to end",
  async run(context) {
    const { quick, models } = context;
    const named = [vitB16, vitL14].filter(({ name }) => models.includes(name));
    const sizes = named.length > 0 ? named : quick ? [vitB16] : [vitB16, vitL14];
    const rows: BenchRow[] = [];
    for (const size of sizes) rows.push(...(await visionAgainstLimit(size, context)));
    if (named.length > 0) return rows; // `--model ViT-L/14`: that size against the limit, and no more
    rows.push(...(await folderAgainstForward(context)), ...(await seriesOfSlices(context)));
    return rows;
  },
};

// ------------------------------------------------------------------------------------------------------ end to end

/** A folder of PNG files from disk to scores and maps, against the bare forward passes of as many images. */
async function folderAgainstForward(context: BenchContext): Promise<readonly BenchRow[]> {
  const { tools, job, scratch, quick } = context;
  const count = quick ? 16 : 1000;
  const packFolder = join(scratch, 'random-ViT-B-16');
  const pack = await loadPack(packFolder);
  const { architecture, vision } = pack.manifest;
  const profilePath = join(scratch, 'folder.profile');
  const model = { name: pack.manifest.name, identity: pack.identity, embedDim: architecture.embedDim };
  await writeFile(profilePath, randomProfile(model, vision.taps));
  const pictures = await writePictures(join(scratch, 'folder'), count, 512);

  const { imageSize } = vitB16.architecture;
  const pixels = { dims: [BATCH, 3, imageSize, imageSize], data: noise(BATCH * 3 * imageSize ** 2) };
  const forward = await tools.engine.run(
    'measure',
    {
      model: await readFile(join(packFolder, 'vision.onnx')),
      session: { dataFolder: packFolder, mapWeights: true },
      feeds: { pixels },
      repeats: Math.ceil(count / BATCH),
    },
    { signal: job.signal },
  );
  const bareMs = forward.runMs.reduce((sum, ms) => sum + ms, 0);
  const settings = { profilePath, provider: 'cpu', modelName: packFolder } as const;
  for await (const _ of detectFiles(tools, pictures.slice(0, BATCH), settings, job.signal)); // opens the sessions
  const started = performance.now();
  let done = 0;
  for await (const _ of detectFiles(tools, pictures, settings, job.signal))
    job.progress({ done: ++done, total: count, unit: 'images', note: 'A folder end to end' });
  const endToEndMs = performance.now() - started;
  const note = `${count} PNG files of 512 x 512, ViT-B/16, preset parity`;
  return [
    figure('folder: bare forward passes', bareMs / 1000, 's', note),
    figure('folder: from files to scores and maps', endToEndMs / 1000, 's', note),
    figure('folder: end to end against forward', endToEndMs / bareMs, 'ratio', note),
  ];
}

/** How long a reader waits for the first slice of a series of 200, with the embedded model. */
async function seriesOfSlices({ tools, job, scratch, quick }: BenchContext): Promise<readonly BenchRow[]> {
  const count = quick ? 16 : 200;
  const { signal } = job;
  const packFolder = await modelFolder(tools, 'embedded');
  const { profile } = await tools.engine.run(
    'calibrate',
    {
      packFolder,
      support: wavyPictures(16, 256, 500_000),
      heldOut: [],
      preset: 'default',
      method: methodSettingsOf('default'),
      seed: 1,
      provider: 'cpu',
      toleratedShare: 0.05,
      preprocessing: 'measurement',
    },
    { signal },
  );
  const profilePath = join(scratch, 'series.profile');
  await writeFile(profilePath, profile);
  const slices = await writePictures(join(scratch, 'series'), count, 256, 700_000);
  tools.restartEngine(); // as after the start of the application
  const started = performance.now();
  let first = 0;
  for await (const _ of detectFiles(tools, slices, { profilePath, provider: 'cpu', modelName: packFolder }, signal))
    first ||= performance.now() - started;
  const note = `${count} slices of 256 x 256, embedded model, preset default, a new engine`;
  return [
    figure('series: first scored slice', first / 1000, 's', note),
    figure('series: all slices', (performance.now() - started) / 1000, 's', note),
  ];
}

/** Files with nothing in common but their size: what was seen before would cost nothing. */
async function writePictures(folder: string, count: number, side: number, firstSeed = 1): Promise<Picture[]> {
  await mkdir(folder);
  const pictures: Picture[] = [];
  for (let index = 0; index < count; index++) {
    const { data, width, height } = wavyPicture(firstSeed + index, side);
    const path = join(folder, `${index}.png`);
    await sharp(data, { raw: { width, height, channels: 1 } })
      .png({ compressionLevel: 1 })
      .toFile(path);
    pictures.push({ path, label: path, frame: 0, key: path, owner: path });
  }
  return pictures;
}

// --------------------------------------------------------------------------------------------- the machine's limit

/**
 * The time that the forward pass would take if all of it ran as fast as the best of its own matrix products does in
 * onnxruntime here, as a share of the time that it takes. Both in processor time of one thread, which other work on the
 * machine hardly disturbs, and in real time of all threads, which a person waits.
 */
async function visionAgainstLimit(size: PublishedSize, context: BenchContext): Promise<readonly BenchRow[]> {
  const { tools, job, scratch, quick } = context;
  const { name, architecture, layers } = size;
  const folder = await writeRandomPack(scratch, size, job.signal);
  const model = await readFile(join(folder, 'vision.onnx'));
  const { imageSize } = architecture;
  const feeds = { pixels: { dims: [BATCH, 3, imageSize, imageSize], data: noise(BATCH * 3 * imageSize ** 2) } };
  const session = { dataFolder: folder, mapWeights: true };
  const opened = await tools.engine.run('measure', { model, session, feeds, repeats: 0 }, { signal: job.signal });
  const flops = visionFlops(architecture, layers.at(-1)!, BATCH);
  const rows = [
    figure(`${name}: opening the vision session`, opened.openMs, 'ms', 'weights mapped'),
    figure(`${name}: private memory of the open session`, opened.openPrivateMb, 'MB', 'weights mapped'),
  ];
  for (const clock of CLOCKS) {
    const repeats = quick ? 1 : clock.repeats;
    const limit = await bestProduct(context, architecture, clock, repeats);
    const input = { model, session: { ...session, ...clock.session }, feeds, repeats };
    const measured = Math.min(...clock.ms(await tools.engine.run('measure', input, { signal: job.signal })));
    rows.push(
      figure(`${name}: best matrix product, ${clock.name}`, limit, 'GFLOP/s', 'at its own sizes'),
      figure(`${name}: vision forward per image, ${clock.name}`, measured / BATCH, 'ms', `batch ${BATCH}, fp32`),
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
