/**
 * How well calibrations tell abnormal images from normal ones: per seed, some normals are the support set, and where it
 * is asked for others are held out for the threshold; all normals of yet other patients and all abnormals are the test
 * set. The last training step is what is measured, and nothing is chosen on the test.
 */
import type { Preset, ProviderChoice } from '../../preload/contract/model.ts';
import { decodeProfile, type ProfileManifest } from '../engine/profile.ts';
import { Fault } from '../fault.ts';
import { abnormalCells } from '../method/abnormal-cells.ts';
import type { Image8 } from '../method/image.ts';
import { auroc, averagePrecision, falsePositiveRate, meanAndDeviation } from '../method/metrics.ts';
import { PixelScores } from '../method/metrics-pixels.ts';
import type { WantedSettings } from '../method/settings.ts';
import type { Mask } from '../method/synthesis/mask.ts';
import { loadPack } from '../modelpack/pack.ts';
import { calibrateImages } from './calibration.ts';
import { detectInBatches } from './detection.ts';
import { type Drawable, type DrawOptions, divideByPatient, drawByPatient } from './draw.ts';
import { readMasks } from './evaluation-masks.ts';
import type { JobContext } from './jobs.ts';
import { preprocessingOf, recipeOf } from './model-input.ts';
import { modelFolder } from './models.ts';
import type { Picture } from './pictures.ts';
import { onRandomWeights } from './random-weights.ts';
import { readNetworkInputs } from './reading.ts';
import { writeWhole } from './reports.ts';
import { withScratch } from './scratch.ts';
import type { Tools } from './workstation.ts';

export interface EvaluationRequest {
  readonly modelName: string;
  readonly preset: Preset;
  readonly provider: ProviderChoice;
  readonly toleratedShare: number;
  readonly method?: WantedSettings | undefined;
  readonly shots: number;
  /** Normals that set the threshold, neither trained nor tested on. With 0 it rests on the support set. */
  readonly holdOut: number;
  /** Seeds are firstSeed, firstSeed + 1, ... */
  readonly seeds: number;
  readonly firstSeed: number;
  /** `given`: by the order of the files. `content`: as a calibration draws, whatever their names. */
  readonly draw?: DrawOptions['order'];
  readonly normal: readonly Picture[];
  readonly abnormal: readonly Picture[];
  /** Masks of abnormal pictures (evaluation-masks.ts); without them no pixel figures. */
  readonly masks?: readonly Picture[];
  /** Measure the same splits with the same architecture at random weights as well. */
  readonly nullBaseline?: boolean;
}

interface Spread {
  readonly mean: number;
  /** Sample standard deviation; null for one seed. */
  readonly sd: number | null;
  readonly perSeed: readonly number[];
}

/** What a model reached on the splits of all seeds. */
interface Figures {
  readonly imageAuroc: Spread;
  readonly imageAp: Spread;
  readonly pixelAuroc?: Spread;
  readonly pro?: Spread;
  /** Share of the test's normals that the profile's own threshold flags. */
  readonly falsePositiveRateAtThreshold: Spread;
  /** Share of the abnormals that it flags. */
  readonly sensitivityAtThreshold: Spread;
  /**
   * What the engine took for the test, over its images: vision tower and heads, without reading and decoding. Of the first
   * seed, because afterwards the engine still has what its tower made of the images.
   */
  readonly msPerImage: number;
  readonly calibrateSeconds: number;
  readonly peakRssMb: number;
}

export interface Evaluation extends Figures {
  readonly model: string;
  readonly preset: Preset;
  readonly shots: number;
  readonly heldOut: number;
  readonly normals: number;
  readonly abnormals: number;
  readonly provider: string;
  /** Which normals' scores the threshold was set on. */
  readonly thresholdFrom: ProfileManifest['evidence'];
  /**
   * The same architecture at random weights on the same splits: what the method and the data give away by themselves. Null
   * where that was not asked for.
   */
  readonly nullBaseline: Figures | null;
}

interface SeedResult {
  readonly provider: string;
  readonly thresholdFrom: ProfileManifest['evidence'];
  readonly auroc: number;
  readonly ap: number;
  readonly falsePositiveRate: number;
  readonly sensitivity: number;
  readonly pixelAuroc: number | null;
  readonly pro: number | null;
  readonly msPerImage: number;
  readonly calibrateSeconds: number;
  readonly peakRssMb: number;
}

/** @throws Fault `bad-reference-set` where no normal is left to test, the reader's and the engine's own, `cancelled` */
export async function evaluate(tools: Tools, request: EvaluationRequest, job: JobContext): Promise<Evaluation> {
  const { normal, abnormal, shots, holdOut } = request;
  if (normal.length <= shots + holdOut)
    throw new Fault(
      'bad-reference-set',
      `All ${normal.length} normal images would be used for calibration. Give more than ${shots + holdOut}, or ask for fewer.`,
    );
  const images = await openImages(tools, request, job);
  const results = await evaluateSeeds(tools, request, images, job);
  return {
    model: request.modelName,
    preset: request.preset,
    shots,
    heldOut: holdOut,
    normals: normal.length,
    abnormals: abnormal.length,
    provider: results[0]?.provider ?? '',
    thresholdFrom: results[0]!.thresholdFrom,
    ...summarise(results),
    nullBaseline: request.nullBaseline ? await evaluateRandomWeights(tools, request, images, job) : null,
  };
}

/** What every seed works on. */
interface EvaluationImages {
  /** As the network takes them: (side, side), RGB. */
  readonly read: (pictures: readonly Picture[]) => Promise<readonly Image8[]>;
  readonly test: { readonly normals: readonly TestImage[]; readonly abnormals: readonly TestImage[] };
  readonly withMasks: boolean;
}

interface TestImage extends Picture {
  readonly abnormal: boolean;
  /** null: unknown. */
  readonly mask: Mask | null;
}

/** Reads the masks, and every picture once, so that what cannot be read is found before hours of work. */
async function openImages(tools: Tools, request: EvaluationRequest, job: JobContext): Promise<EvaluationImages> {
  const { normal, abnormal, masks } = request;
  const { manifest } = await loadPack(await modelFolder(tools, request.modelName), { verify: false });
  const side = manifest.vision.imageSize;
  const cells = masks && (await readMasks(tools, abnormal, masks, side, job.signal));
  const read = keeping((pictures) =>
    readNetworkInputs(tools, pictures, { side, recipe: recipeOf(preprocessingOf()) }, job.signal),
  );
  const all = [...normal, ...abnormal];
  for (const [index, picture] of all.entries()) {
    await read([picture]);
    job.progress({ done: index + 1, total: all.length, unit: 'files', note: 'Reading images' });
  }
  return {
    read,
    test: {
      normals: normal.map((picture) => ({ ...picture, abnormal: false, mask: null })),
      abnormals: abnormal.map((picture, index) => ({ ...picture, abnormal: true, mask: cells?.[index] ?? null })),
    },
    withMasks: cells !== undefined,
  };
}

/** What is kept of pictures that were read, for the seeds to come: at 224 pixels 3,500 of them. */
const KEPT_BYTES = 512 * 1024 * 1024;

/** Reads pictures, and keeps them as far as the memory for it goes; what lies beyond is read again each time. */
function keeping(
  read: (pictures: readonly Picture[]) => Promise<readonly Image8[]>,
): (pictures: readonly Picture[]) => Promise<readonly Image8[]> {
  const kept = new Map<string, Image8>();
  let bytes = 0;
  return async (pictures) => {
    const images: Image8[] = [];
    for (const picture of pictures) {
      const key = `${picture.label}\n${picture.frame}`;
      const image = kept.get(key) ?? (await read([picture]))[0]!;
      if (!kept.has(key) && bytes + image.data.length <= KEPT_BYTES) {
        kept.set(key, image);
        bytes += image.data.length;
      }
      images.push(image);
    }
    return images;
  };
}

async function evaluateRandomWeights(
  tools: Tools,
  request: EvaluationRequest,
  images: EvaluationImages,
  job: JobContext,
): Promise<Figures> {
  const model = { modelName: request.modelName, seed: request.firstSeed };
  return await onRandomWeights(tools, model, job, async (allowing, modelName, named) =>
    summarise(await evaluateSeeds(allowing, { ...request, modelName }, images, named)),
  );
}

async function evaluateSeeds(
  tools: Tools,
  request: EvaluationRequest,
  images: EvaluationImages,
  job: JobContext,
): Promise<SeedResult[]> {
  const { seeds, firstSeed } = request;
  const results: SeedResult[] = [];
  for (let index = 0; index < seeds; index++) {
    const onSeed: JobContext = {
      ...job,
      progress: (progress) => job.progress({ ...progress, note: `Seed ${index + 1} of ${seeds}: ${progress.note}` }),
    };
    results.push(await evaluateSeed(tools, request, firstSeed + index, images, onSeed));
  }
  return results;
}

async function evaluateSeed(
  tools: Tools,
  request: EvaluationRequest,
  seed: number,
  { read, test: { normals, abnormals }, withMasks }: EvaluationImages,
  job: JobContext,
): Promise<SeedResult> {
  const { support, heldOut, test: testNormals } = drawForTest(normals, request, seed);
  const test = [...testNormals, ...abnormals];
  // In the network's size they give the same training pictures as at full size, and are sent much sooner.
  const owned = async (part: readonly Picture[]) =>
    (await read(part)).map((image, i) => ({ image, owner: part[i]!.owner }));
  const drawn = { support: await owned(support), heldOut: await owned(heldOut) };
  const calibration = await calibrateImages(tools, drawn, { ...request, seed }, job);
  return await withScratch(async (folder) => {
    const profilePath = `${folder}/profile`;
    await writeWhole(profilePath, calibration.profile);
    const model = { packFolder: await modelFolder(tools, request.modelName), profilePath, provider: request.provider };
    const pixels = new PixelScores();
    const scores = { normal: [] as number[], abnormal: [] as number[] };
    let ms = 0;
    let provider = calibration.provider;
    for await (const batch of detectInBatches(tools, test, read, model, job.signal)) {
      ms += batch.ms;
      provider = batch.output.provider;
      for (const [index, { score, map, side }] of batch.output.detections.entries()) {
        const { abnormal, mask } = batch.items[index] as TestImage;
        scores[abnormal ? 'abnormal' : 'normal'].push(score);
        if (withMasks) pixels.add(map, mask ? abnormalCells(mask, side) : new Uint8Array(side * side), side, side);
      }
      const done = scores.normal.length + scores.abnormal.length;
      job.progress({ done, total: test.length, unit: 'images', note: 'Testing' });
    }
    return {
      provider,
      thresholdFrom: decodeProfile(calibration.profile).manifest.evidence,
      auroc: auroc(scores.normal, scores.abnormal),
      ap: averagePrecision(scores.normal, scores.abnormal),
      falsePositiveRate: falsePositiveRate(scores.normal, calibration.threshold),
      sensitivity: falsePositiveRate(scores.abnormal, calibration.threshold),
      pixelAuroc: withMasks ? pixels.auroc() : null,
      pro: withMasks ? pixels.regionOverlap() : null,
      msPerImage: ms / test.length,
      calibrateSeconds: calibration.seconds,
      peakRssMb: calibration.peakRssMb,
    };
  });
}

/** Support, held-out normals and test, no patient in two of them. */
function drawForTest<T extends Drawable>(
  normals: readonly T[],
  { shots, holdOut, draw: order = 'given' }: EvaluationRequest,
  seed: number,
) {
  const { support, heldOut: others } = drawByPatient(normals, shots, seed, {
    order,
    mostHeldOut: Number.POSITIVE_INFINITY,
  });
  // The test's normals must not set the threshold that is measured on them.
  const { first: heldOut, rest: test } = divideByPatient(others, holdOut, seed);
  if (test.length === 0)
    throw new Fault(
      'bad-reference-set',
      `With ${shots} normal images to train on and ${holdOut} held out, those of all patients would be used, and none would be left to test. Ask for fewer, or add normals of more patients.`,
    );
  return { support, heldOut, test };
}

function summarise(results: readonly SeedResult[]): Figures {
  const spread = (of: (result: SeedResult) => number): Spread => {
    const perSeed = results.map(of);
    const { mean, deviation } = meanAndDeviation(perSeed);
    return { mean, sd: Number.isNaN(deviation) ? null : deviation, perSeed };
  };
  const withPixels = results.some(({ pro }) => pro !== null);
  const pixels = withPixels
    ? { pixelAuroc: spread((result) => Number(result.pixelAuroc)), pro: spread((result) => Number(result.pro)) }
    : {};
  return {
    imageAuroc: spread((result) => result.auroc),
    imageAp: spread((result) => result.ap),
    ...pixels,
    falsePositiveRateAtThreshold: spread((result) => result.falsePositiveRate),
    sensitivityAtThreshold: spread((result) => result.sensitivity),
    msPerImage: results[0]!.msPerImage,
    calibrateSeconds: spread((result) => result.calibrateSeconds).mean,
    peakRssMb: Math.max(...results.map((result) => result.peakRssMb)),
  };
}
