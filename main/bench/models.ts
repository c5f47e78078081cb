/** How fast checkpoints of a published size are imported, and what opening the model costs in memory. */
import { mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../fault.ts';
import type { ClipArchitecture } from '../method/architecture.ts';
import { Random } from '../method/random.ts';
import { float32ToHalf } from '../modelpack/half.ts';
import { importModel } from '../modelpack/import.ts';
import { canonicalShapes, huggingFaceRecipe } from '../modelpack/naming.ts';
import type { Pack } from '../modelpack/pack.ts';
import { type PublishedSize, vitB16, vitL14 } from './random-pack.ts';
import { type BenchContext, type BenchRow, figure, type Suite } from './suite.ts';

type Stored = 'F32' | 'F16';

export const models: Suite = {
  does: 'import of a Hugging Face folder of ViT-L/14, fp32 and fp16, and the memory that opening it takes',
  async run(context) {
    const size = context.quick ? vitB16 : vitL14;
    const rows: BenchRow[] = [];
    for (const stored of ['F32', 'F16'] as const) rows.push(...(await importOf(size, stored, context)));
    return rows;
  },
};

async function importOf(size: PublishedSize, stored: Stored, context: BenchContext): Promise<readonly BenchRow[]> {
  const { job, scratch } = context;
  const source = join(scratch, `source-${stored}`);
  await writeHuggingFace(source, size.architecture, stored, job.signal);
  const { size: bytes } = await stat(join(source, 'model.safetensors'));
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  const pack = await importModel(source, {
    targetFolder: join(scratch, 'imported'),
    name: stored,
    layers: size.layers,
    signal: job.signal,
    onProgress: ({ done, total }) => job.progress({ done, total, unit: 'bytes', note: `Importing ${stored}` }),
  });
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const megabytes = bytes / 1e6;
  const name = `${size.name} in ${stored === 'F32' ? 'fp32' : 'fp16'}`;
  const rows = [
    figure(`${name}: import`, megabytes / seconds, 'MB/s', `of a source of ${Math.round(megabytes)} MB, kept as fp32`),
    figure(`${name}: import, by processor time`, megabytes / ((user + system) / 1e6), 'MB/s', 'over all threads'),
    figure(
      `${name}: import, peak resident memory`,
      process.resourceUsage().maxRSS / 1024,
      'MB',
      'of the whole process',
    ),
    await opening(name, pack, context),
  ];
  await rm(source, { recursive: true });
  await rm(pack.folder, { recursive: true });
  return rows;
}

/** What a person waits for is the first image; the weights are read from the mapped file then. */
async function opening(name: string, pack: Pack, { tools, job }: BenchContext): Promise<BenchRow> {
  const model = await readFile(pack.visionPath);
  const session = { dataFolder: pack.folder, mapWeights: true };
  const { openPrivateMb } = await tools.engine.run(
    'measure',
    { model, session, feeds: {}, repeats: 0 },
    { signal: job.signal },
  );
  return figure(`${name}: private memory that opening the vision session adds`, openPrivateMb, 'MB', 'weights mapped');
}

/** Elements that the made-up weights repeat. */
const BLOCK = 1 << 22;

/** A folder as the Hugging Face hub has it, without a vocabulary. The weights mean nothing; they only have to be finite. */
async function writeHuggingFace(
  folder: string,
  architecture: ClipArchitecture,
  stored: Stored,
  signal: AbortSignal,
): Promise<void> {
  const { embedDim, imageSize, patchSize, activation, layerNormEpsilon, vision, text } = architecture;
  const tower = ({ width, layers, heads, mlpWidth }: typeof vision) => ({
    hidden_size: width,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: mlpWidth,
    hidden_act: activation,
    layer_norm_eps: layerNormEpsilon,
  });
  const config = {
    model_type: 'clip',
    projection_dim: embedDim,
    vision_config: { ...tower(vision), image_size: imageSize, patch_size: patchSize },
    text_config: {
      ...tower(text),
      max_position_embeddings: text.contextLength,
      vocab_size: text.vocabularySize,
    },
  };
  await mkdir(folder);
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));

  const bytesPerElement = stored === 'F32' ? 4 : 2;
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, shape] of canonicalShapes(architecture)) {
    const { from, transposed } = huggingFaceRecipe(name);
    const [first = 1, ...rest] = shape;
    const own = transposed ? [...rest, first] : [first / from.length, ...rest];
    for (const tensor of from) {
      const start = end;
      end += bytesPerElement * own.reduce((product, side) => product * side, 1);
      header[tensor] = { dtype: stored, shape: own, data_offsets: [start, end] };
    }
  }
  const random = new Random(1);
  const values = Float32Array.from({ length: BLOCK }, () => random.between(-0.05, 0.05));
  const block = new Uint8Array((stored === 'F32' ? values : float32ToHalf(values)).buffer);
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = await open(join(folder, 'model.safetensors'), 'wx');
  try {
    await file.writeFile(Buffer.concat([length, json]));
    for (let at = 0; at < end; at += block.length) {
      throwIfCancelled(signal);
      await file.writeFile(block.subarray(0, Math.min(block.length, end - at)));
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
