/** Reference sets between workstations: a folder of de-identified copies, with a file that says which images are normal. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ReferenceSet } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { storedFile } from '../store/blobs.ts';
import { getReferenceSet } from '../store/reference-sets.ts';
import { getFrame } from '../store/studies.ts';
import { type DeidentifiedCopies, deidentifyInstances } from './deidentify.ts';
import { importPaths } from './import.ts';
import type { JobContext } from './jobs.ts';
import { createReferenceSet } from './reference-sets.ts';
import { writeWhole } from './reports.ts';
import { record, type Workstation } from './workstation.ts';

const LIST = 'reference-set.json';

const listSchema = z.object({
  format: z.literal('mediclip-reference-set'),
  version: z.literal(1),
  notice: z.string(),
  name: z.string().min(1).max(120),
  setVersion: z.int().min(1),
  confirmedBy: z.string().max(500),
  confirmedAt: z.string().max(40),
  images: z
    .array(z.object({ sopInstanceUid: z.string().min(1).max(64), frame: z.int().min(0) }))
    .min(1)
    .max(10_000),
});

export interface ExportedSet extends Pick<DeidentifiedCopies, 'skipped' | 'notes'> {
  readonly images: number;
}

/**
 * Writes de-identified copies of a set's images, as deidentifyInstances does, and the list of them. What cannot be
 * cleaned, photographs among it, is left out of both with its reason.
 * @param to a folder, made where it is missing
 * @throws Fault `unsupported` where no image can be cleaned; `not-found`, `disk-full`, `cancelled`; without the list,
 *   which is written last, the folder is no set
 */
export async function exportReferenceSet(
  station: Workstation,
  id: string,
  to: string,
  job: JobContext,
): Promise<ExportedSet> {
  const { db, folder } = station.store;
  const set = getReferenceSet(db, id);
  const sources = set.frames.map((ref) => ({
    frame: ref.frame,
    file: storedFile(folder, getFrame(db, ref).fileSha256),
  }));
  const files = new Map(sources.map(({ file }) => [file.path, file]));
  const settings = { to, dates: 'shifted', keepPatientCharacteristics: false } as const;
  const { written, skipped, notes } = await deidentifyInstances(station, [...files.values()], settings, job);
  const copies = new Map(written.map(({ source, sopInstanceUid }) => [source, sopInstanceUid]));
  const images = sources.flatMap(({ file, frame }) => {
    const sopInstanceUid = copies.get(file.path);
    return sopInstanceUid === undefined ? [] : [{ sopInstanceUid, frame }];
  });
  if (images.length === 0)
    throw new Fault(
      'unsupported',
      `None of the ${set.frames.length} images of this set can be de-identified: ${skipped[0]?.reason ?? 'there are none.'}`,
    );
  const list: z.infer<typeof listSchema> = {
    format: 'mediclip-reference-set',
    version: 1,
    notice: 'Not for diagnostic use',
    name: set.name,
    setVersion: set.version,
    confirmedBy: set.confirmedBy,
    confirmedAt: set.createdAt,
    images,
  };
  await writeWhole(join(to, LIST), `${JSON.stringify(list, null, 2)}\n`);
  record(station, 'reference-set.export', id, { images: images.length, leftOut: skipped.length });
  return { images: images.length, skipped, notes };
}

/**
 * Imports the images of an exported set and saves it here, as the first version of a set of its own.
 * @throws Fault `bad-reference-set` where the folder is none or images are missing; as importPaths. Images that were
 *   imported until then stay.
 */
export async function importReferenceSet(station: Workstation, folder: string, job: JobContext): Promise<ReferenceSet> {
  const path = join(folder, LIST);
  const refuse = (sentence: string, cause?: unknown) => new Fault('bad-reference-set', sentence, { path, cause });
  const list = await readFile(path, 'utf8')
    .then((text) => listSchema.parse(JSON.parse(text)))
    .catch((cause) => {
      throw refuse(`This folder is no exported reference set: its ${LIST} is missing or damaged.`, cause);
    });
  await importPaths(station, [folder], job);
  const missing = list.images.filter((ref) => !isStored(station, ref)).length;
  if (missing > 0)
    throw refuse(
      `${missing} of the ${list.images.length} images of this set are missing or damaged. Copy the folder again.`,
    );
  const { name, images: frames, confirmedBy, confirmedAt } = list;
  const told = `${confirmedBy} (${confirmedAt.slice(0, 10)}), imported by ${station.user}`;
  return createReferenceSet(station, { name, frames, confirmedBy: told });
}

function isStored({ store: { db } }: Workstation, ref: ReferenceSet['frames'][number]): boolean {
  try {
    return getFrame(db, ref) !== undefined;
  } catch (thrown) {
    if (Fault.from(thrown).code === 'not-found') return false;
    throw thrown;
  }
}
