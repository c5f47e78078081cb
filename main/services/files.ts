/** Calibration and detection on files, without the store. */
import { readFile as readBytes } from 'node:fs/promises';
import type { Preset, ProviderChoice } from '../../preload/contract/model.ts';
import { decodeProfile } from '../engine/profile.ts';
import type { CalibrateOutput, Detection } from '../engine/tasks.ts';
import { Fault } from '../fault.ts';
import type { Image8 } from '../method/image.ts';
import type { WantedSettings } from '../method/settings.ts';
import { detectInBatches } from './analysis.ts';
import { calibrateImages } from './calibration.ts';
import { drawByPatient } from './draw.ts';
import type { JobContext } from './jobs.ts';
import { folderOfProfile, modelFolder } from './models.ts';
import { renderOverlay } from './overlay.ts';
import type { Picture } from './pictures.ts';
import { readModelImages } from './reading.ts';
import { writeWhole } from './reports.ts';
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
}

/** Calibrates on pictures and writes the profile, whole or not at all. @throws Fault as calibrateReferenceSet */
export async function calibrateFiles(
  tools: Tools,
  pictures: readonly Picture[],
  settings: FileCalibration,
  job: JobContext,
): Promise<CalibrateOutput> {
  const { out, shots = pictures.length, ...rest } = settings;
  const draw = drawByPatient(pictures, shots, settings.seed);
  const read = (part: readonly Picture[]) =>
    readModelImages(tools, part, job.signal, (done) =>
      job.progress({ done, total: part.length, unit: 'files', note: 'Reading the normal images' }),
    );
  const images = { support: await read(draw.support), heldOut: await read(draw.heldOut) };
  const output = await calibrateImages(tools, images, rest, job);
  await writeWhole(out, output.profile);
  return output;
}

/** A frame's result with the picture it was made from. */
export interface FileDetection extends Picture, Omit<Detection, 'map'> {
  readonly image: Image8;
  readonly map: Float32Array;
  /** The engine's share of the batch, ms. */
  readonly ms: number;
  readonly threshold: number;
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
    : await folderOfProfile(tools, manifest);
  const images = new Map<Picture, Image8>();
  const read = async (batch: readonly Picture[]) => {
    const read = await readModelImages(tools, batch, signal);
    for (const [index, picture] of batch.entries()) images.set(picture, read[index] as Image8);
    return read;
  };
  for await (const { items, output, ms } of detectInBatches(
    tools,
    pictures,
    read,
    { packFolder, profilePath, provider },
    signal,
  ))
    for (const [index, detection] of output.detections.entries()) {
      const picture = items[index] as Picture;
      const image = images.get(picture) as Image8;
      images.delete(picture);
      yield { ...picture, ...detection, image, ms: ms / items.length, threshold: manifest.threshold };
    }
}

/** The picture with its map burned in, as PNG. */
export function drawDetection({ image, map, side, threshold }: FileDetection): Promise<Buffer> {
  return renderOverlay({ image, map: { width: side, height: side, data: map }, threshold });
}
