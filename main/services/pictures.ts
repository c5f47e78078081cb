/** Pictures from files that are not in the store: what the command line calibrates on, detects in and evaluates. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { InstanceHeader } from '../imaging/header.ts';
import type { FrameSource } from '../reader/tasks.ts';
import { viewOf } from '../store/attributes.ts';
import type { Drawable } from './draw.ts';
import { type FoundFile, findFiles, type OnLeftOut, openContainer, readInBatches } from './import-reading.ts';
import { readFile } from './reading.ts';
import type { Tools } from './workstation.ts';

export interface Picture extends FrameSource, Drawable {
  /** The path as a person knows it; for a member of a zip archive the archive's and its own. */
  readonly label: string;
  /** What it is an image of, as in the store. */
  readonly kind: Scope;
}

export interface PictureSearch {
  readonly signal: AbortSignal;
  /** Told of every file in a folder that is no picture. */
  readonly onSkipped: (label: string, fault: Fault) => void;
}

/**
 * All frames behind the paths, while `work` runs; what came out of archives is gone afterwards. Files in folders that
 * are no pictures are left out.
 * @throws Fault what is wrong with a file that was named itself; `bad-file` where there is no picture; `cancelled`
 */
export async function withPictures<T>(
  tools: Pick<Tools, 'reader'>,
  paths: readonly string[],
  search: PictureSearch,
  work: (pictures: readonly Picture[]) => Promise<T>,
): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'mediclip-pictures-'));
  try {
    return await work(await findPictures(tools, paths, scratch, search));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function findPictures(
  tools: Pick<Tools, 'reader'>,
  paths: readonly string[],
  scratch: string,
  { signal, onSkipped }: PictureSearch,
): Promise<readonly Picture[]> {
  const pictures: Picture[] = [];
  const leaveOut = (label: string, fault: Fault) => {
    if (paths.includes(label)) throw new Fault(fault.code, fault.message, { path: label, cause: fault });
    onSkipped(label, fault);
  };
  const files = await findFiles(paths, signal, leaveOut);
  for await (const batch of readInBatches(tools, files, signal))
    for (const read of batch) {
      if (read.kind === 'zip' || read.kind === 'dicomdir')
        await openContainer(tools, read, { scratch, files }, signal, leaveOut);
      else if (read.kind === 'failed') leaveOut(read.file.label, read.fault);
      else {
        const header = read.kind === 'image' ? read.header : await imageOfResult(tools, read.file, signal, leaveOut);
        if (header) pictures.push(...picturesOf(read.file, header));
      }
    }
  if (pictures.length === 0)
    throw new Fault('bad-file', 'There is no image here that can be read.', { path: paths[0] ?? '' });
  return pictures;
}

/** Segmentations can be masks, and parametric maps pictures; reports are neither. */
async function imageOfResult(
  tools: Pick<Tools, 'reader'>,
  { path, label }: FoundFile,
  signal: AbortSignal,
  onLeftOut: OnLeftOut,
): Promise<InstanceHeader | null> {
  try {
    return await readFile(tools, 'inspect', { path }, signal);
  } catch (thrown) {
    const fault = Fault.from(thrown);
    if (fault.code === 'cancelled') throw fault;
    onLeftOut(label, fault);
    return null;
  }
}

function picturesOf({ path, label }: FoundFile, header: InstanceHeader): Picture[] {
  const { image, instance, patient, series, source } = header;
  // As in the store: a photograph names no patient.
  const owner = source === 'photo' ? instance.uid : JSON.stringify([patient.id, patient.name, patient.birthDate]);
  const key = (frame: number) => `${instance.uid}/${frame}`;
  const { modality, bodyPart, manufacturer: scanner, protocol, technique } = series;
  const shared = { modality, bodyPart, scanner, protocol: protocol || technique };
  return Array.from({ length: image?.frames ?? 0 }, (_, frame) => {
    const orientation = image?.framePlaces?.[frame]?.orientation ?? image?.orientation ?? null;
    const kind = { ...shared, view: viewOf(series.view, orientation) };
    return { path, label, frame, owner, key: key(frame), kind };
  });
}
