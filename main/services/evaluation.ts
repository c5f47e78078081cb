/**
 * How well calibrations tell abnormal images from normal ones: per seed, some normals are the support set; all normals
 * of other patients and all abnormals are the test set. The last training step is what is measured, and nothing is
 * chosen on the test.
 */
import { basename, extname } from 'node:path';
import type { Preset, ProviderChoice } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { Image8 } from '../method/image.ts';
import { auroc, averagePrecision, falsePositiveRate, meanAndDeviation } from '../method/metrics.ts';
import { PixelScores } from '../method/metrics-pixels.ts';
import type { WantedSettings } from '../method/settings.ts';
import { createRandomPack } from '../modelpack/random-pack.ts';
import { detectInBatches } from './analysis.ts';
import { calibrateImages } from './calibration.ts';
import { type Drawable, type DrawOptions, drawByPatient } from './draw.ts';
import type { JobContext } from './jobs.ts';
import { modelFolder } from './models.ts';
import type { Picture } from './pictures.ts';
import { readModelImages } from './reading.ts';
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
  /** Seeds are firstSeed, firstSeed + 1, ... */
  readonly seeds: number;
  readonly firstSeed: number;
  /** `given`: by the order of the files. `content`: as a calibration draws, whatever their names. */
  readonly draw?: DrawOptions['order'];
  readonly normal: readonly Picture[];
  readonly abnormal: readonly Picture[];
  /** Masks of abnormal pictures, found by the name of the file; without them no pixel figures. */
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
  readonly msPerImage: number;
  readonly calibrateSeconds: number;
  readonly peakRssMb: number;
}

export interface Evaluation extends Figures {
  readonly model: string;
  readonly preset: Preset;
  readonly shots: number;
  readonly normals: number;
  readonly abnormals: number;
  readonly provider: string;
  /** The same architecture at random weights on the same splits: what the method and the data give away by themselves. */
  readonly nullBaseline?: Figures;
}

interface SeedResult {
  readonly provider: string;
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

interface LabelledImage extends Drawable {
  readonly image: Image8;
  readonly abnormal: boolean;
  /** null: unknown. */
  readonly mask: Image8 | null;
}

interface TestImages {
  readonly normals: readonly LabelledImage[];
  readonly abnormals: readonly LabelledImage[];
  /** Whether the abnormals have masks. */
  readonly withPixels: boolean;
}

/** @throws Fault `bad-reference-set` where no normal is left to test, the reader's and the engine's own, `cancelled` */
export async function evaluate(tools: Tools, request: EvaluationRequest, job: JobContext): Promise<Evaluation> {
  const { normal, abnormal, shots } = request;
  if (normal.length <= shots)
    throw new Fault(
      'bad-reference-set',
      `All ${normal.length} normal images would be used for calibration. Give more than ${shots}, or ask for fewer shots.`,
    );
  const total = normal.length + abnormal.length;
  const read = (pictures: readonly Picture[], before: number) =>
    readModelImages(tools, pictures, job.signal, (done) =>
      job.progress({ done: before + done, total, unit: 'files', note: 'Reading images' }),
    );
  const normals = (await read(normal, 0)).map((image, index) => labelled(normal[index]!, image, false, null));
  const masks = await readMasks(tools, request, job.signal);
  const abnormals = (await read(abnormal, normal.length)).map((image, index) =>
    labelled(abnormal[index]!, image, true, masks?.[index] ?? null),
  );
  const images: TestImages = { normals, abnormals, withPixels: masks !== null };
  const results = await evaluateSeeds(tools, request, images, job);
  const evaluation = {
    model: request.modelName,
    preset: request.preset,
    shots,
    normals: normal.length,
    abnormals: abnormal.length,
    provider: results[0]?.provider ?? '',
    ...summarise(results),
  };
  if (!request.nullBaseline) return evaluation;
  return { ...evaluation, nullBaseline: await evaluateRandomWeights(tools, request, images, job) };
}

async function evaluateRandomWeights(
  tools: Tools,
  request: EvaluationRequest,
  images: TestImages,
  job: JobContext,
): Promise<Figures> {
  return await withScratch(async (scratch) => {
    const packFolder = await modelFolder(tools, request.modelName);
    const modelName = await createRandomPack(packFolder, scratch, request.firstSeed, { signal: job.signal });
    const named: JobContext = {
      ...job,
      progress: (progress) => job.progress({ ...progress, note: `Random weights. ${progress.note}` }),
    };
    return summarise(await evaluateSeeds(tools, { ...request, modelName }, images, named));
  });
}

async function evaluateSeeds(
  tools: Tools,
  request: EvaluationRequest,
  images: TestImages,
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

const labelled = ({ key, owner }: Picture, image: Image8, abnormal: boolean, mask: Image8 | null): LabelledImage => ({
  key,
  owner,
  image,
  abnormal,
  mask,
});

async function evaluateSeed(
  tools: Tools,
  request: EvaluationRequest,
  seed: number,
  { normals, abnormals, withPixels }: TestImages,
  job: JobContext,
): Promise<SeedResult> {
  const { support, heldOut: testNormals } = drawByPatient(normals, request.shots, seed, {
    order: request.draw ?? 'given',
    mostHeldOut: Number.POSITIVE_INFINITY,
  });
  const test = [...testNormals, ...abnormals];
  // The test's normals must not set the threshold that is measured on them: none are held out here.
  const calibration = await calibrateImages(
    tools,
    { support: support.map(({ image }) => image), heldOut: [] },
    { ...request, seed },
    job,
  );
  return await withScratch(async (folder) => {
    const profilePath = `${folder}/profile`;
    await writeWhole(profilePath, calibration.profile);
    const model = { packFolder: await modelFolder(tools, request.modelName), profilePath, provider: request.provider };
    const read = (batch: readonly LabelledImage[]) => Promise.resolve(batch.map(({ image }) => image));
    const pixels = new PixelScores();
    const scores = { normal: [] as number[], abnormal: [] as number[] };
    let ms = 0;
    let provider = calibration.provider;
    for await (const batch of detectInBatches(tools, test, read, model, job.signal)) {
      ms += batch.ms;
      provider = batch.output.provider;
      for (const [index, { score, map, side }] of batch.output.detections.entries()) {
        const { abnormal, mask } = batch.items[index] as LabelledImage;
        scores[abnormal ? 'abnormal' : 'normal'].push(score);
        if (withPixels) pixels.add(map, maskOf(mask, side), side, side);
      }
      const done = scores.normal.length + scores.abnormal.length;
      job.progress({ done, total: test.length, unit: 'images', note: 'Testing' });
    }
    return {
      provider,
      auroc: auroc(scores.normal, scores.abnormal),
      ap: averagePrecision(scores.normal, scores.abnormal),
      falsePositiveRate: falsePositiveRate(scores.normal, calibration.threshold),
      sensitivity: falsePositiveRate(scores.abnormal, calibration.threshold),
      pixelAuroc: withPixels ? pixels.auroc() : null,
      pro: withPixels ? pixels.regionOverlap() : null,
      msPerImage: ms / test.length,
      calibrateSeconds: calibration.seconds,
      peakRssMb: calibration.peakRssMb,
    };
  });
}

/** The masks in the order of the abnormal pictures. @throws Fault `not-found` where one has none */
async function readMasks(
  tools: Tools,
  { abnormal, masks }: EvaluationRequest,
  signal: AbortSignal,
): Promise<readonly Image8[] | null> {
  if (!masks) return null;
  const stem = ({ label }: Picture) => basename(label, extname(label));
  const byName = new Map(masks.map((mask) => [stem(mask), mask]));
  const ordered = abnormal.map((picture) => {
    const mask = byName.get(stem(picture));
    if (!mask)
      throw new Fault('not-found', `There is no mask named "${stem(picture)}" for this image.`, {
        path: picture.label,
      });
    return mask;
  });
  return await readModelImages(tools, ordered, signal);
}

/** (side * side) 1 where the mask is bright, by the nearest pixel; all 0 without a mask. */
function maskOf(mask: Image8 | null, side: number): Uint8Array {
  const result = new Uint8Array(side * side);
  if (!mask) return result;
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const column = Math.floor(((x + 0.5) / side) * mask.width);
      const row = Math.floor(((y + 0.5) / side) * mask.height);
      result[y * side + x] = Number(mask.data[(row * mask.width + column) * mask.channels]) > 127 ? 1 : 0;
    }
  return result;
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
    msPerImage: spread((result) => result.msPerImage).mean,
    calibrateSeconds: spread((result) => result.calibrateSeconds).mean,
    peakRssMb: Math.max(...results.map((result) => result.peakRssMb)),
  };
}
