/** The networks of one model pack on one provider: one long-lived session per graph, opened when first needed. */
import { readFile } from 'node:fs/promises';
import type { TapShape, TextArchitecture } from '../method/architecture.ts';
import { detectionHeadGraph } from '../method/detection.ts';
import { nearestPatchGraph, patchFeatureGraph } from '../method/memory-bank.ts';
import { type PromptPlan, planPrompts } from '../method/prompts.ts';
import type { PromptSettings } from '../method/settings.ts';
import { trainingStepGraph } from '../method/training.ts';
import { loadPack, type Pack } from '../modelpack/pack.ts';
import { onnxruntimeVersion } from './providers.ts';
import { openSession, type Session } from './sessions.ts';
import { MOST_PICTURES, type VisionTower } from './taps.ts';

export interface Networks {
  readonly pack: Pack;
  readonly provider: string;
  /** What the numbers were computed with, e.g. `onnxruntime 1.30.0`. */
  readonly providerVersion: string;
  readonly architecture: TextArchitecture;
  readonly taps: readonly TapShape[];
  /** Side of the network's input and of its maps, in pixels. */
  readonly side: number;
  tower(): Promise<VisionTower>;
  /** See detectionHeadGraph. */
  head(): Promise<Session>;
  /** See trainingStepGraph: prompts and adapters learn. */
  training(settings: PromptSettings): Promise<{ readonly session: Session; readonly prompts: PromptPlan }>;
  /** See trainingStepGraph: the adapters alone learn, the text features are given. */
  adapterTraining(): Promise<Session>;
  /** See patchFeatureGraph. */
  patchFeatures(): Promise<Session>;
  /** See nearestPatchGraph. */
  nearestPatch(): Promise<Session>;
}

/**
 * Opens a pack for computing. Files are compared with their hashes once per process.
 * @throws Fault `bad-model`, `not-found`
 */
export async function openNetworks(
  packFolder: string,
  provider: string,
  open: typeof openSession = openSession,
): Promise<Networks> {
  const pack = await loadPack(packFolder);
  const { manifest, folder } = pack;
  const { architecture } = manifest;
  const { taps, imageSize: side, normalisation } = manifest.vision;
  const options = { provider, dataFolder: folder };
  const common = { architecture, taps, weights: manifest.text.weights, side };

  const openTower = async (): Promise<VisionTower> => ({
    session: await open(await readFile(pack.visionPath), { ...options, mapWeights: true }),
    identity: `${pack.identity} ${provider}`, // providers round differently
    batch: { most: MOST_PICTURES },
    side,
    normalisation,
    taps,
  });
  const openTraining = async (settings: PromptSettings) => {
    const prompts = await layOutPrompts(pack, architecture, settings);
    return { session: await open(trainingStepGraph({ ...common, prompts }), options), prompts };
  };
  const trainings = new Map<string, ReturnType<Networks['training']>>();
  return {
    pack,
    provider,
    providerVersion: `onnxruntime ${onnxruntimeVersion()}`,
    architecture,
    taps,
    side,
    tower: once(openTower),
    head: once(() => open(detectionHeadGraph({ taps, embedDim: architecture.embedDim, side }), options)),
    training({ textAttention, phrasePosition, sharedContext, phrases }) {
      const settings = { textAttention, phrasePosition, sharedContext, phrases };
      return remembered(trainings, JSON.stringify(settings), () => openTraining(settings));
    },
    adapterTraining: once(() => open(trainingStepGraph(common), options)),
    patchFeatures: once(() => open(patchFeatureGraph(taps), options)),
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
