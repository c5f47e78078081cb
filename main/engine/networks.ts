/** The networks of one model pack on one provider: one long-lived session per graph, opened when first needed. */
import { readFile } from 'node:fs/promises';
import type { TapShape, TextArchitecture } from '../method/architecture.ts';
import type { TextAttention } from '../method/clip/text.ts';
import { detectionHeadGraph } from '../method/detection.ts';
import { nearestPatchGraph, patchFeatureGraph } from '../method/memory-bank.ts';
import { defaultPhrases, type PromptPlan, planPrompts } from '../method/prompts.ts';
import { trainingStepGraph } from '../method/training.ts';
import { loadPack, type Pack } from '../modelpack/pack.ts';
import { openSession, type Session } from './sessions.ts';
import type { VisionTower } from './taps.ts';

export interface Networks {
  readonly pack: Pack;
  readonly provider: string;
  readonly architecture: TextArchitecture;
  readonly taps: readonly TapShape[];
  /** Side of the network's input and of its maps, in pixels. */
  readonly side: number;
  tower(): Promise<VisionTower>;
  /** See detectionHeadGraph. */
  head(): Promise<Session>;
  /** See trainingStepGraph: prompts and adapters learn. */
  training(attention: TextAttention): Promise<{ readonly session: Session; readonly prompts: PromptPlan }>;
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
export async function openNetworks(packFolder: string, provider: string): Promise<Networks> {
  const pack = await loadPack(packFolder);
  const { manifest, folder } = pack;
  const { architecture } = manifest;
  const { taps, imageSize: side, normalisation } = manifest.vision;
  const options = { provider, dataFolder: folder };
  const common = { architecture, taps, weights: manifest.text.weights, side };

  const openTower = async (): Promise<VisionTower> => ({
    session: await openSession(await readFile(pack.visionPath), { ...options, mapWeights: true }),
    identity: pack.identity,
    side,
    normalisation,
    taps,
  });
  const openTraining = async (attention: TextAttention) => {
    const prompts = await defaultPrompts(pack, architecture, attention);
    return { session: await openSession(trainingStepGraph({ ...common, prompts }), options), prompts };
  };
  const training = { full: once(() => openTraining('full')), causal: once(() => openTraining('causal')) };
  return {
    pack,
    provider,
    architecture,
    taps,
    side,
    tower: once(openTower),
    head: once(() => openSession(detectionHeadGraph({ taps, embedDim: architecture.embedDim, side }), options)),
    training: (attention) => training[attention](),
    adapterTraining: once(() => openSession(trainingStepGraph(common), options)),
    patchFeatures: once(() => openSession(patchFeatureGraph(taps), options)),
    nearestPatch: once(() => openSession(nearestPatchGraph(taps), options)),
  };
}

/** The paper's phrases, laid out for this model's vocabulary. */
async function defaultPrompts(
  pack: Pack,
  architecture: TextArchitecture,
  attention: TextAttention,
): Promise<PromptPlan> {
  const tokeniser = await pack.tokeniser();
  const encode = (phrases: readonly string[]) => phrases.map((phrase) => tokeniser.encode(phrase));
  return planPrompts(architecture, {
    normal: encode(defaultPhrases.normal),
    abnormal: encode(defaultPhrases.abnormal),
    special: {
      startOfText: tokeniser.startToken,
      endOfText: tokeniser.endToken,
      fullStop: tokeniser.encode('.')[0]!,
    },
    attention,
  });
}

/** Runs `open` on the first call; later calls get the same promise. A failure is not kept. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((thrown: unknown) => {
      opened = undefined;
      throw thrown;
    });
    return opened;
  };
}
