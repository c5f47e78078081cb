/** Reference sets between workstations: a folder of de-identified copies, with a file that says which images are normal. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { FrameRef, ReferenceSet, SkippedFile } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { pseudonymsOf } from '../imaging/deidentify/pseudonyms.ts';
import type { StoredFile } from '../seal/sealed-file.ts';
import { type FrameAttributes, getAttributes } from '../store/attributes.ts';
import { storedFile } from '../store/blobs.ts';
import { getReferenceSet } from '../store/reference-sets.ts';
import { getFrame } from '../store/studies.ts';
import { type DeidentifiedCopies, deidentifyInstances, pseudonymKeyOf } from './deidentify.ts';
import { importPaths } from './import.ts';
import type { JobContext } from './jobs.ts';
import { readFile as readByReader } from './reading.ts';
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
  /** Folders of photographs whose patient or kind somebody named, under a pseudonym; absent in sets from before. */
  photographs: z
    .array(
      z.object({
        folder: z.string().regex(/^photographs\/[\w-]+$/),
        patientId: z.string().max(64),
        modality: z.string().max(16),
        bodyPart: z.string().max(64),
      }),
    )
    .max(10_000)
    .default([]),
});
type SetList = z.infer<typeof listSchema>;

export interface ExportedSet extends Pick<DeidentifiedCopies, 'skipped' | 'notes'> {
  readonly images: number;
}

/**
 * Writes de-identified copies of a set's images and the list of them: DICOM files as deidentifyInstances does, photographs
 * as PNG of their pixels alone, by number. What cannot be cleaned is left out of both with its reason.
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
  const sources = set.frames.map((ref, place) => ({
    ...{ ref, place, attributes: getAttributes(db, ref) },
    file: storedFile(folder, getFrame(db, ref).fileSha256),
  }));
  const ofKind = (isPhotograph: boolean) =>
    sources.filter(({ attributes }) => attributes.isPhotograph === isPhotograph);
  const files = new Map(ofKind(false).map(({ file }) => [file.path, file]));
  const settings = { to, dates: 'shifted', keepPatientCharacteristics: false } as const;
  const dicom = await deidentifyInstances(station, [...files.values()], settings, job);
  const photos = await cleanPhotographs(station, ofKind(true), to, job);
  const copies = new Map(dicom.written.map(({ source, sopInstanceUid }) => [source, sopInstanceUid]));
  const copied = sources.flatMap(({ ref, file, attributes }) => {
    const photo = photos.images.get(keyOf(ref));
    if (attributes.isPhotograph) return photo ? [photo] : [];
    const sopInstanceUid = copies.get(file.path);
    return sopInstanceUid === undefined ? [] : [{ sopInstanceUid, frame: ref.frame }];
  });
  // Photographs that differ in their headers alone become one picture.
  const images = [...new Map(copied.map((ref) => [keyOf(ref), ref])).values()];
  const skipped = [...dicom.skipped, ...photos.skipped];
  const notes = [...dicom.notes, ...photos.notes];
  if (images.length === 0)
    throw new Fault(
      'unsupported',
      `None of the ${set.frames.length} images of this set can be de-identified: ${skipped[0]?.reason ?? 'there are none.'}`,
    );
  const list: SetList = {
    format: 'mediclip-reference-set',
    version: 1,
    notice: 'Not for diagnostic use',
    name: set.name,
    setVersion: set.version,
    confirmedBy: set.confirmedBy,
    confirmedAt: set.createdAt,
    images,
    photographs: photos.folders,
  };
  await writeWhole(join(to, LIST), `${JSON.stringify(list, null, 2)}\n`);
  record(station, 'reference-set.export', id, { images: images.length, leftOut: skipped.length });
  return { images: images.length, skipped, notes };
}

const keyOf = ({ sopInstanceUid, frame }: FrameRef) => `${sopInstanceUid}/${frame}`;

interface Photograph {
  readonly ref: FrameRef;
  /** In the set, which its copy is named by. */
  readonly place: number;
  readonly attributes: FrameAttributes;
  readonly file: StoredFile;
}

/** Folder of the photographs that nobody named a patient for: each is of a patient of its own, there as here. */
const UNNAMED = 'photographs/unnamed';

interface CleanPhotographs extends Pick<ExportedSet, 'skipped' | 'notes'> {
  /** By the key of the original. */
  readonly images: ReadonlyMap<string, SetList['images'][number]>;
  readonly folders: SetList['photographs'];
}

async function cleanPhotographs(
  station: Workstation,
  photographs: readonly Photograph[],
  to: string,
  job: JobContext,
): Promise<CleanPhotographs> {
  const pseudonyms = pseudonymsOf(pseudonymKeyOf(station));
  const images = new Map<string, SetList['images'][number]>();
  /** By patient and kind. */
  const folders = new Map<string, SetList['photographs'][number]>();
  const skipped: SkippedFile[] = [];
  const notes: ExportedSet['notes'][number][] = [];
  for (const [done, { ref, place, attributes, file }] of photographs.entries()) {
    job.progress({ done, total: photographs.length, unit: 'files', note: 'De-identifying' });
    const { patientId, modality, bodyPart } = attributes;
    const named = patientId !== '';
    // As the copies of the same patient's DICOM files have it.
    const patient = named ? pseudonyms.patient(`${patientId}|`).id : '';
    const kind = JSON.stringify([patient, modality, bodyPart]);
    const own = { folder: `photographs/${folders.size + 1}`, patientId: patient, modality, bodyPart };
    const about = folders.get(kind) ?? own;
    const folder = named ? about.folder : UNNAMED;
    const path = join(to, folder, `${String(place + 1).padStart(5, '0')}.png`);
    try {
      const source = { ...file, frame: ref.frame, to: path };
      const { sopInstanceUid } = await readByReader(station, 'cleanPhotograph', source, job.signal);
      images.set(keyOf(ref), { sopInstanceUid, frame: 0 });
      if (named) folders.set(kind, about);
      notes.push({ path, note: 'A name may be drawn into a photograph, which no header tells.' });
    } catch (thrown) {
      const fault = Fault.from(thrown);
      if (['cancelled', 'disk-full'].includes(fault.code)) throw fault;
      skipped.push({ path: file.path, reason: fault.message });
    }
  }
  return { images, folders: [...folders.values()], skipped, notes };
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
  for (const { folder: photographs, ...about } of list.photographs)
    await importPaths(station, [join(folder, photographs)], job, {
      ...about,
      patientName: `Anonymous^${about.patientId}`,
      patientBirthDate: '',
      description: list.name,
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
