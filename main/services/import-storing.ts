/** The second half of an import: originals into the store by their hash, then their rows, a batch at a time. */
import { stat } from 'node:fs/promises';
import type { PhotoDetails } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { derivedUid, type InstanceHeader } from '../imaging/header.ts';
import { type Blob, hashFile, putFile } from '../store/blobs.ts';
import { findInstanceFile, insertInstance, type NewFrame, type NewInstance } from '../store/studies.ts';
import type { FoundFile } from './import-reading.ts';
import { timestamp, type Workstation } from './workstation.ts';

export interface ReadyFile {
  readonly file: FoundFile;
  readonly header: InstanceHeader;
  /** Given by a person for photographs, which know nothing of a patient. */
  readonly photo: PhotoDetails | null;
  /** Place of a photograph among those of its folder, from 1. */
  readonly place: number;
}

export type Stored =
  | { readonly ready: ReadyFile; readonly outcome: 'added' | 'known' }
  | { readonly ready: ReadyFile; readonly outcome: 'skipped'; readonly reason: string };

interface StoringListener {
  /** A file was copied or found to be bad: for the progress. */
  readonly onFinished: (ready: ReadyFile) => void;
  /** What became of a file, once the rows of its batch are written. */
  readonly onStored: (stored: Stored) => void;
}

/** Files that are copied side by side: while one waits for the disk, another is hashed. */
const LANES = 4;

/** These concern every file, so the import ends with them. */
const CONCERNS_ALL = ['cancelled', 'disk-full', 'bad-database'];

const SAME_UID = 'Another image with the same SOP Instance UID is stored already; the first one stays.';
const OTHER_PATIENT = 'Its study is stored already and belongs to a patient with another ID.';

/**
 * Stores a batch: each original is copied, verified by its hash and brought to the disk before the rows of all are
 * written in one transaction. What was copied before a cancel or a full disk still gets its rows.
 * @throws Fault `cancelled`, `disk-full`, `bad-database`
 */
export async function storeBatch(
  station: Workstation,
  batch: readonly ReadyFile[],
  signal: AbortSignal,
  { onFinished, onStored }: StoringListener,
): Promise<void> {
  const copies: (Blob | undefined)[] = [];
  let stop: Fault | undefined;
  let next = 0;
  const lane = async () => {
    while (next < batch.length && !stop) {
      const index = next++;
      const ready = batch[index] as ReadyFile;
      try {
        copies[index] = await copyOriginal(station, ready, signal);
        onFinished(ready);
      } catch (thrown) {
        const fault = Fault.from(thrown);
        if (CONCERNS_ALL.includes(fault.code)) stop ??= fault;
        else {
          onFinished(ready);
          onStored({ ready, outcome: 'skipped', reason: fault.message });
        }
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const stored = insertRows(station, batch, copies);
  for (const one of stored) onStored(one);
  if (stop) throw stop;
}

/** The rows of all files that have a copy, in one transaction. */
export function insertRows(
  station: Workstation,
  batch: readonly ReadyFile[],
  copies: readonly (Blob | undefined)[],
): readonly Stored[] {
  const importedAt = timestamp(station);
  return station.store.db.transaction(() =>
    batch.flatMap((ready, index): Stored[] => {
      const blob = copies[index];
      return blob ? [insert(station, ready, blob, importedAt)] : [];
    }),
  );
}

/** A file that is in the store already is only compared. @throws Fault `bad-file` where another has its UID */
async function copyOriginal(station: Workstation, ready: ReadyFile, signal: AbortSignal): Promise<Blob> {
  const { folder, db } = station.store;
  const { path } = ready.file;
  const known = findInstanceFile(db, ready.header.instance.uid);
  if (!known) return await putFile(folder, path, signal);
  const { size } = await stat(path);
  const blob = size === known.bytes ? await hashFile(path, signal) : null;
  if (blob?.sha256 !== known.sha256) throw new Fault('bad-file', SAME_UID);
  return blob;
}

function insert({ store }: Workstation, ready: ReadyFile, blob: Blob, importedAt: string): Stored {
  const insertion = insertInstance(store.db, instanceOf(ready, blob), importedAt);
  if (insertion === 'conflict-instance') return { ready, outcome: 'skipped', reason: SAME_UID };
  if (insertion === 'conflict-patient') return { ready, outcome: 'skipped', reason: OTHER_PATIENT };
  return { ready, outcome: insertion };
}

/** The UID of the study that a file belongs to: photographs of one patient in one folder are one study. */
export function studyUidOf({ header, file, photo }: ReadyFile): string {
  return photo && header.source === 'photo'
    ? derivedUid('study', `${photo.patientId}|${file.group}`)
    : header.study.uid;
}

function instanceOf(ready: ReadyFile, blob: Blob): NewInstance {
  const { header, file, place } = ready;
  const { patient, study, series, instance } = header;
  const photo = header.source === 'photo' ? ready.photo : null;
  return {
    patientId: photo?.patientId ?? patient.id,
    patientName: photo?.patientName ?? patient.name,
    patientBirthDate: photo?.patientBirthDate ?? patient.birthDate,
    patientSex: patient.sex,
    studyInstanceUid: studyUidOf(ready),
    studyDate: study.date,
    studyTime: study.time,
    studyDescription: photo?.description || study.description,
    accessionNumber: study.accessionNumber,
    seriesInstanceUid: photo ? derivedUid('series', `${photo.patientId}|${file.group}`) : series.uid,
    seriesNumber: series.number,
    modality: photo?.modality ?? series.modality,
    bodyPart: photo?.bodyPart ?? series.bodyPart,
    seriesDescription: series.description,
    manufacturer: series.manufacturer,
    view: series.view,
    sopInstanceUid: instance.uid,
    sopClassUid: instance.sopClassUid,
    transferSyntax: instance.transferSyntax,
    instanceNumber: instance.number ?? (header.source === 'photo' ? place : null),
    lossy: header.image?.lossy ?? false,
    localizer: instance.imageType.some((value) => value.toUpperCase() === 'LOCALIZER'),
    fileSha256: blob.sha256,
    fileBytes: blob.bytes,
    frames: framesOf(header),
  };
}

/** Of a multi-frame file without places for its frames, the frames count by their number. */
function framesOf({ image }: InstanceHeader): readonly NewFrame[] {
  if (!image) return [];
  const { rows, columns, pixelSpacing, orientation, position, framePlaces } = image;
  const frame = { rows, columns, pixelSpacing: pixelSpacing && ([pixelSpacing.row, pixelSpacing.column] as const) };
  return Array.from({ length: image.frames }, (_, index) => {
    const place = framePlaces?.[index] ?? (image.frames === 1 ? { orientation, position } : null);
    return { ...frame, orientation: place?.orientation ?? orientation, position: place?.position ?? null };
  });
}
