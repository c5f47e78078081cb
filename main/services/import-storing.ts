/** The second half of an import: originals into the store by their hash, then their rows, a batch at a time. */
import { stat } from 'node:fs/promises';
import type { PhotoDetails } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { derivedUid, type InstanceHeader } from '../imaging/header.ts';
import { type Blob, hashFile, putFile, storedFile } from '../store/blobs.ts';
import {
  findInstance,
  insertInstance,
  type NewFrame,
  type NewInstance,
  type StoredInstance,
} from '../store/studies.ts';
import type { FoundFile } from './import-reading.ts';
import { readFile } from './reading.ts';
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
  | { readonly ready: ReadyFile; readonly outcome: 'added' | 'known'; readonly studyInstanceUid: string }
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
  for (const one of insertRows(station, batch, copies)) onStored(await settled(station, one, signal));
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
  const known = findInstance(db, instanceUidOf(station, ready));
  if (!known) return await putFile(folder, path, signal);
  if (!(await isSame(station, path, known, signal))) throw new Fault('bad-file', SAME_UID);
  return known;
}

async function isSame(
  station: Workstation,
  path: string,
  known: StoredInstance,
  signal: AbortSignal,
): Promise<boolean> {
  const { size } = await stat(path);
  if (size === known.bytes && (await hashFile(path, signal)).sha256 === known.sha256) return true;
  const stored = storedFile(station.store.folder, known.sha256);
  return await readFile(station, 'sameDataset', { path, stored }, signal);
}

/** Two files of one batch may be the same image in two forms: the second is compared once the first is stored. */
async function settled(station: Workstation, one: Stored, signal: AbortSignal): Promise<Stored> {
  if (one.outcome !== 'skipped' || one.reason !== SAME_UID) return one;
  const { ready } = one;
  const known = findInstance(station.store.db, instanceUidOf(station, ready));
  const same = known && (await isSame(station, ready.file.path, known, signal).catch(() => false));
  return same ? { ready, outcome: 'known', studyInstanceUid: known.studyInstanceUid } : one;
}

function insert(station: Workstation, ready: ReadyFile, blob: Blob, importedAt: string): Stored {
  const { db } = station.store;
  const instance = instanceOf(station, ready, blob);
  const insertion = insertInstance(db, instance, importedAt);
  if (insertion === 'conflict-instance') return { ready, outcome: 'skipped', reason: SAME_UID };
  if (insertion === 'conflict-patient') return { ready, outcome: 'skipped', reason: OTHER_PATIENT };
  // Known photographs may belong to a study of another folder.
  const owner = insertion === 'known' ? findInstance(db, instance.sopInstanceUid) : undefined;
  return { ready, outcome: insertion, studyInstanceUid: owner?.studyInstanceUid ?? instance.studyInstanceUid };
}

/**
 * A photograph is told by its content. The same one of another patient, as a person says, is another image: it gets a UID
 * of its own.
 */
function instanceUidOf({ store }: Workstation, { header, photo }: ReadyFile): string {
  const { uid } = header.instance;
  if (!photo || header.source !== 'photo') return uid;
  const owner = findInstance(store.db, uid);
  return !owner || owner.patientId === photo.patientId ? uid : derivedUid('instance', `${uid}|${photo.patientId}`);
}

/** The UID of the study that a file belongs to: photographs of one patient in one folder are one study. */
function studyUidOf({ header, file, photo }: ReadyFile): string {
  return photo && header.source === 'photo'
    ? derivedUid('study', `${photo.patientId}|${file.group}`)
    : header.study.uid;
}

function instanceOf(station: Workstation, ready: ReadyFile, blob: Blob): NewInstance {
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
    protocol: series.protocol || series.technique,
    view: series.view,
    sopInstanceUid: instanceUidOf(station, ready),
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
  const frame = {
    rows,
    columns,
    pixelSpacing: pixelSpacing && ([pixelSpacing.row, pixelSpacing.column] as const),
    spacingAtDetector: pixelSpacing?.plane === 'detector',
  };
  return Array.from({ length: image.frames }, (_, index) => {
    const place = framePlaces?.[index] ?? (image.frames === 1 ? { orientation, position } : null);
    return { ...frame, orientation: place?.orientation ?? orientation, position: place?.position ?? null };
  });
}
