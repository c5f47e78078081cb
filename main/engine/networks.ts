/** The networks of one model pack on one provider: one long-lived session per graph, opened when first needed. */
import { readFile } from 'node:fs/promises';
import type { TapShape, TextArchitecture } from '../method/architecture.ts';
import { detectionHeadGraph } from '../method/detection.ts';
import { fusedMapGraph } from '../method/fused-map.ts';
import { nearestPatchGraph, patchFeatureGraph } from '../method/memory-bank.ts';
import { type PromptPlan, planPrompts } from '../method/prompts.ts';
import type { PromptSettings } from '../method/settings.ts';
import { trainingStepGraph } from '../method/training.ts';
import type { PackWeights } from '../modelpack/manifest.ts';
import { loadPack, type Pack } from '../modelpack/pack.ts';
import { type NetworkPrecision, precisionOn } from './precision.ts';
import { onnxruntimeVersion } from './providers.ts';
import { restingSession } from './resting-session.ts';
import { openSession, type Session } from './sessions.ts';
import { MOST_PICTURES, TAP_CACHE_BYTES, type VisionTower } from './taps.ts';

/**
 * Towers up to this size may take more private memory where that makes them quicker by a tenth: weights repacked for the
 * processor, and memory kept between runs. Both towers of ViT-B are below, those of ViT-L above.
 */
const LARGE_TOWER_BYTES = 384 * 1024 * 1024;

/** Pictures per run of a large tower on a processor: at least as quick as eight, with 200 MB less beside the weights of ViT-L/14. */
const PICTURES_OF_LARGE_TOWERS = 2;

/** Pictures of a run on a processor, where memory allows. */
export const picturesPerRun = (weights: PackWeights): number =>
  mapsWeights(weights) ? PICTURES_OF_LARGE_TOWERS : MOST_PICTURES;

/** What a calibration keeps of pictures that were seen before (taps.ts) where a large tower needs the memory. */
const TAPS_BESIDE_LARGE_TOWERS = 64 * 1024 * 1024;

/** Whether a tower's weights are used as they lie in the mapped file (OpenOptions.mapWeights). */
export const mapsWeights = ({ tensors }: PackWeights, largeTowerBytes = LARGE_TOWER_BYTES): boolean =>
  Object.values(tensors).reduce((sum, { length }) => sum + length, 0) > largeTowerBytes;

/** A session that may give its memory back between the phases of a calibration. */
interface Resting {
  readonly session: Session;
  /** Gives a large tower's memory back until it is next run, which opens it again in 0.1 s; a small one stays. */
  rest(): Promise<void>;
}

export interface PromptTraining extends Resting {
  readonly prompts: PromptPlan;
}

export interface Networks {
  readonly pack: Pack;
  readonly provider: string;
  /** What the numbers were computed with, e.g. `onnxruntime 1.30.0`. */
  readonly providerVersion: string;
  /** See precision.ts. */
  readonly precision: NetworkPrecision;
  readonly architecture: TextArchitecture;
  readonly taps: readonly TapShape[];
  /** Side of the network's input and of its maps, in pixels. */
  readonly side: number;
  /** Bytes of taps that are kept (taps.ts) while this model is calibrated. */
  readonly keptTaps: number;
  tower(): Promise<VisionTower>;
  /** See detectionHeadGraph: so many heads that speak together. */
  head(heads: number): Promise<Session>;
  /** See trainingStepGraph: prompts and adapters learn. */
  training(settings: PromptSettings): Promise<PromptTraining>;
  /** See trainingStepGraph: the adapters alone learn, so many steps a run; the text features are given. */
  adapterTraining(steps: number): Promise<Session>;
  /** See patchFeatureGraph. */
  patchFeatures(): Promise<Session>;
  /** See fusedMapGraph. */
  fusedMap(): Promise<Session>;
  /** See nearestPatchGraph. */
  nearestPatch(): Promise<Session>;
}

/**
 * Opens a pack for computing. Files are compared with their hashes once per process.
 * @param open how sessions are opened; tests look on
 * @param largeTowerBytes see LARGE_TOWER_BYTES; tests take small towers for large ones
 * @throws Fault `bad-model`, `not-found`
 */
export async function openNetworks(
  packFolder: string,
  provider: string,
  open: typeof openSession = openSession,
  largeTowerBytes = LARGE_TOWER_BYTES,
): Promise<Networks> {
  const pack = await loadPack(packFolder);
  const { manifest, folder } = pack;
  const { architecture } = manifest;
  const { taps, imageSize: side, normalisation } = manifest.vision;
  const precision = await precisionOn(provider, manifest.precision, open);
  const options = { provider, dataFolder: folder, halfWeights: precision === 'float16-weights' };
  const common = { architecture, taps, weights: manifest.text.weights, side };

  const isLarge = (weights: PackWeights) => mapsWeights(weights, largeTowerBytes);
  // What lies on a card is no memory of this process, and takes longer to bring there.
  const isSparing = (weights: PackWeights) => provider === 'cpu' && isLarge(weights);
  const openResting = async (weights: PackWeights, openIt: () => Promise<Session>): Promise<Resting> => {
    if (!isSparing(weights)) return { session: await openIt(), rest: async () => {} };
    const session = await restingSession(openIt);
    return { session, rest: () => session.rest() };
  };

  const openTower = async (): Promise<VisionTower> => {
    const { weights } = manifest.vision;
    const graph = await readFile(pack.visionPath);
    const openIt = () => open(graph, { ...options, mapWeights: isLarge(weights) });
    return {
      ...(await openResting(weights, openIt)),
      identity: `${pack.identity} ${provider}`, // providers round differently
      batch: { most: isSparing(weights) ? PICTURES_OF_LARGE_TOWERS : MOST_PICTURES },
      side,
      normalisation,
      taps,
    };
  };
  const openTraining = async (settings: PromptSettings): Promise<PromptTraining> => {
    const { weights } = manifest.text;
    const prompts = await layOutPrompts(pack, architecture, settings);
    // Only the whole context of full attention takes much memory, so much that time is paid for less of it.
    const sparing = isSparing(weights) && settings.textAttention === 'full';
    const graph = trainingStepGraph({ ...common, prompts, sparing });
    const openIt = () => open(graph, { ...options, mapWeights: isLarge(weights), giveMemoryBack: sparing });
    return { ...(await openResting(weights, openIt)), prompts };
  };
  const trainings = new Map<string, ReturnType<Networks['training']>>();
  const heads = new Map<number, Promise<Session>>();
  const adapterTrainings = new Map<number, Promise<Session>>();
  return {
    pack,
    provider,
    providerVersion: `onnxruntime ${onnxruntimeVersion()}`,
    precision,
    architecture,
    taps,
    side,
    keptTaps: isSparing(manifest.vision.weights) ? TAPS_BESIDE_LARGE_TOWERS : TAP_CACHE_BYTES,
    tower: once(openTower),
    head: (count) =>
      remembered(heads, count, () =>
        open(detectionHeadGraph({ taps, embedDim: architecture.embedDim, side, heads: count }), options),
      ),
    training({ textAttention, phrasePosition, sharedContext, phrases }) {
      const settings = { textAttention, phrasePosition, sharedContext, phrases };
      return remembered(trainings, JSON.stringify(settings), () => openTraining(settings));
    },
    adapterTraining: (steps) =>
      remembered(adapterTrainings, steps, () => open(trainingStepGraph({ ...common, steps }), options)),
    patchFeatures: once(() => open(patchFeatureGraph(taps), options)),
    fusedMap: once(() => open(fusedMapGraph(taps, side), options)),
    nearestPatch: once(() => open(nearestPatchGraph(taps), options)),
  };
}

/** The phrases, laid out for this model's vocabulary. @throws Fault `unsupported` for words that it lacks */
async function layOutPrompts(
  pack: Pack,
  architecture: TextArchitecture,
  { textAttention, phrasePosition, sharedContext, phrases }: PromptSettings,
): Promise<PromptPlan> {
  const tokeniser = await pack.tokeniser();
  const encode = (phrases: readonly string[]) => phrases.map((phrase) => tokeniser.encode(phrase));
  return planPrompts(architecture, {
    normal: encode(phrases.normal),
    abnormal: encode(phrases.abnormal),
    special: {
      startOfText: tokeniser.startToken,
      endOfText: tokeniser.endToken,
      fullStop: tokeniser.encode('.')[0]!,
    },
    attention: textAttention,
    position: phrasePosition,
    sharedContext,
  });
}

/** Runs `open` on the first call; later calls get the same promise. A failure is not kept. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  const opened = new Map<'', Promise<T>>();
  return () => remembered(opened, '', open);
}

/** What `open` gave for this key, the first time and ever after. A failure is not kept. */
function remembered<Key, T>(opened: Map<Key, Promise<T>>, key: Key, open: () => Promise<T>): Promise<T> {
  let found = opened.get(key);
  if (!found) {
    found = open().catch((thrown: unknown) => {
      opened.delete(key);
      throw thrown;
    });
    opened.set(key, found);
  }
  return found;
}
