/** Calibration and detection on files, without the store. */
import { readFile as readBytes } from 'node:fs/promises';
import { mostShots, type Preset, type ProviderChoice, type Scope } from '../../preload/contract/model.ts';
import { fingerprintOf } from '../engine/checkpoint.ts';
import { decodeProfile, type ProfileManifest } from '../engine/profile.ts';
import type { CalibrateOutput, Detection } from '../engine/tasks.ts';
import { Fault } from '../fault.ts';
import type { WantedSettings } from '../method/settings.ts';
import { calibrateImages } from './calibration.ts';
import { detectInBatches, inputsFor } from './detection.ts';
import { drawByPatient } from './draw.ts';
import { type FileCheckpoints, withFileCheckpoint } from './file-checkpoint.ts';
import type { JobContext } from './jobs.ts';
import { recipeOf } from './model-input.ts';
import { modelFolder, modelOfProfile } from './models.ts';
import { renderOverlay } from './overlay.ts';
import type { Picture } from './pictures.ts';
import { readFile, readModelImages } from './reading.ts';
import { writeWhole } from './reports.ts';
import { commonScope, isWithin } from './scope.ts';
import type { Tools } from './workstation.ts';

export interface FileCalibration {
  readonly modelName: string;
  readonly preset: Preset;
  readonly provider: ProviderChoice;
  readonly seed: number;
  readonly toleratedShare: number;
  readonly method?: WantedSettings | undefined;
  /** Normals to train on; the others are held out. All where left out. */
  readonly shots?: number;
  /** Where to write the profile. */
  readonly out: string;
  /** Where what was reached is kept, if the work does not end; nowhere by default. */
  readonly checkpoints?: FileCheckpoints;
}

interface WithEvidence {
  /** Which normals' scores the threshold was set on. */
  readonly thresholdFrom: ProfileManifest['evidence'];
}

/**
 * Calibrates on pictures and writes the profile, whole or not at all, from the last checkpoint where there is one.
 * @throws Fault as calibrateReferenceSet
 */
export async function calibrateFiles(
  tools: Tools,
  pictures: readonly Picture[],
  settings: FileCalibration,
  job: JobContext,
): Promise<CalibrateOutput & WithEvidence> {
  const different = withoutCopies(pictures);
  const { out, shots = different.length, checkpoints, ...asked } = settings;
  const rest = { ...asked, kind: commonScope(different.map(({ kind }) => kind)) };
  if (shots > mostShots)
    throw new Fault(
      'bad-reference-set',
      `All ${shots} images would train, and ${mostShots} are the most. Say how many with --shots; 16 are enough to learn from, and the others then set the threshold.`,
    );
  const draw = drawByPatient(different, shots, settings.seed);
  const read = async (part: readonly Picture[]) => {
    const images = await readModelImages(tools, part, job.signal, (done) =>
      job.progress({ done, total: part.length, unit: 'files', note: 'Reading the normal images' }),
    );
    return images.map((image, i) => ({ image, owner: part[i]!.owner }));
  };
  const images = { support: await read(draw.support), heldOut: await read(draw.heldOut) };
  const calibrate = async (checkpoint?: string) => {
    const output = await calibrateImages(tools, images, rest, job, checkpoint);
    await writeWhole(out, output.profile);
    return { ...output, thresholdFrom: decodeProfile(output.profile).manifest.evidence };
  };
  // Another version may compute otherwise: it starts at the beginning.
  const { appVersion } = tools;
  return checkpoints
    ? await withFileCheckpoint(checkpoints, fingerprintOf({ ...rest, images, appVersion }), calibrate)
    : await calibrate();
}

/** The same file under several names is one image. @throws Fault `bad-reference-set` where all are the same */
function withoutCopies(pictures: readonly Picture[]): readonly Picture[] {
  const different = [...new Map(pictures.map((picture) => [picture.key, picture])).values()];
  if (different.length === 1 && pictures.length > 1)
    throw new Fault(
      'bad-reference-set',
      `All ${pictures.length} files are the same picture, so there is nothing to learn from them. Give normal images that differ.`,
    );
  return different;
}

/** A frame's result with where the picture lies that it was made from. */
export interface FileDetection extends Picture, Detection, WithEvidence {
  /** The engine's share of the batch, ms. */
  readonly ms: number;
  readonly threshold: number;
  /** What the profile was calibrated for; null where it does not say. */
  readonly scope: Scope | null;
  /** Whether the picture is of that; null where the profile does not say. */
  readonly fits: boolean | null;
  readonly provider: string;
  readonly providerVersion: string;
}

/**
 * Scores and maps of pictures, in their order.
 * @throws Fault `bad-profile`, `not-found` where the profile's model is not here, the reader's and the engine's own
 */
export async function* detectFiles(
  tools: Tools,
  pictures: readonly Picture[],
  settings: { readonly profilePath: string; readonly provider: ProviderChoice; readonly modelName?: string },
  signal: AbortSignal,
): AsyncGenerator<FileDetection, void, undefined> {
  const { profilePath, provider } = settings;
  const bytes = await readBytes(profilePath).catch((thrown) => {
    throw Fault.from(thrown, { path: profilePath });
  });
  const { manifest } = decodeProfile(bytes, profilePath);
  const packFolder = settings.modelName
    ? await modelFolder(tools, settings.modelName)
    : (await modelOfProfile(tools, manifest)).folder;
  const inputs = await inputsFor(tools, packFolder, recipeOf(manifest.preprocessing));
  const read = (batch: readonly Picture[]) => inputs(batch, signal);
  const model = { packFolder, profilePath, provider };
  for await (const { items, output, ms } of detectInBatches(tools, pictures, read, model, signal))
    for (const [index, detection] of output.detections.entries()) {
      const { provider, providerVersion } = output;
      const picture = items[index] as Picture;
      yield {
        ...picture,
        ...detection,
        ms: ms / items.length,
        threshold: manifest.threshold,
        thresholdFrom: manifest.evidence,
        scope: manifest.scope ?? null,
        fits: manifest.scope ? isWithin(manifest.scope, picture.kind) : null,
        provider,
        providerVersion,
      };
    }
}

/** The picture with its map burned in, as PNG. @throws Fault the reader's own, `cancelled` */
export async function drawDetection(
  tools: Pick<Tools, 'reader'>,
  { path, frame, map, side, threshold }: FileDetection,
  signal: AbortSignal,
): Promise<Buffer> {
  const image = await readFile(tools, 'modelImage', { path, frame }, signal);
  return await renderOverlay({ image, map: { width: side, height: side, data: map }, threshold });
}
