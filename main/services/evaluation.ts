/**
 * How well calibrations tell abnormal images from normal ones: per seed, some normals are the support set, all other
 * normals and all abnormals are the test set. The last training step is what is measured; nothing is chosen on the test.
 */
import { basename, extname } from 'node:path';
import type { Preset, ProviderChoice } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { Image8 } from '../method/image.ts';
import { auroc, averagePrecision, falsePositiveRate, meanAndDeviation } from '../method/metrics.ts';
import { PixelScores } from '../method/metrics-pixels.ts';
import type { WantedSettings } from '../method/settings.ts';
import { detectInBatches } from './analysis.ts';
import { calibrateImages, drawSupport } from './calibration.ts';
import { withScratch } from './files.ts';
import type { JobContext } from './jobs.ts';
import { modelFolder } from './models.ts';
import type { Picture } from './pictures.ts';
import { readModelImages } from './reading.ts';
import { writeWhole } from './reports.ts';
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
  readonly normal: readonly Picture[];
  readonly abnormal: readonly Picture[];
  /** Masks of abnormal pictures, found by the name of the file; without them no pixel figures. */
  readonly masks?: readonly Picture[];
}

interface Spread {
  readonly mean: number;
  /** Sample standard deviation; null for one seed. */
  readonly sd: number | null;
  readonly perSeed: readonly number[];
}

export interface Evaluation {
  readonly model: string;
  readonly preset: Preset;
  readonly shots: number;
  readonly normals: number;
  readonly abnormals: number;
  readonly provider: string;
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

interface LabelledImage {
  readonly image: Image8;
  readonly abnormal: boolean;
  /** null: unknown. */
  readonly mask: Image8 | null;
}

/** @throws Fault `bad-reference-set` where no normal is left to test, the reader's and the engine's own, `cancelled` */
export async function evaluate(tools: Tools, request: EvaluationRequest, job: JobContext): Promise<Evaluation> {
  const { normal, abnormal, shots, seeds } = request;
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
  const normals = (await read(normal, 0)).map((image) => ({ image, abnormal: false, mask: null }));
  const masks = await readMasks(tools, request, job.signal);
  const abnormals = (await read(abnormal, normal.length)).map((image, index) => ({
    image,
    abnormal: true,
    mask: masks?.[index] ?? null,
  }));
  const results: SeedResult[] = [];
  for (let index = 0; index < seeds; index++) {
    const seed = request.firstSeed + index;
    const onSeed: JobContext = {
      ...job,
      progress: (progress) => job.progress({ ...progress, note: `Seed ${index + 1} of ${seeds}: ${progress.note}` }),
    };
    results.push(await evaluateSeed(tools, request, seed, normals, abnormals, masks !== null, onSeed));
  }
  return summarise(request, results);
}

async function evaluateSeed(
  tools: Tools,
  request: EvaluationRequest,
  seed: number,
  normals: readonly LabelledImage[],
  abnormals: readonly LabelledImage[],
  withPixels: boolean,
  job: JobContext,
): Promise<SeedResult> {
  const { support, heldOut: testNormals } = drawSupport(normals, request.shots, seed);
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

function summarise(request: EvaluationRequest, results: readonly SeedResult[]): Evaluation {
  const spread = (of: (result: SeedResult) => number): Spread => {
    const perSeed = results.map(of);
    const { mean, deviation } = meanAndDeviation(perSeed);
    return { mean, sd: Number.isNaN(deviation) ? null : deviation, perSeed };
  };
  const pixels = request.masks
    ? { pixelAuroc: spread((result) => Number(result.pixelAuroc)), pro: spread((result) => Number(result.pro)) }
    : {};
  return {
    model: request.modelName,
    preset: request.preset,
    shots: request.shots,
    normals: request.normal.length,
    abnormals: request.abnormal.length,
    provider: results[0]?.provider ?? '',
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
