/** Patients, studies, series, instances and frames. */
import type { FrameRef } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** Studies of whoever has this Patient ID (0010,0020), in the order in which they came. */
export function listStudiesOfPatient(db: ReadableDatabase, patientId: string): readonly string[] {
  return db
    .all<{ uid: string }>(
      `SELECT study_instance_uid AS uid FROM studies JOIN patients USING (patient_key) WHERE patient_id = ?
       ORDER BY studies.imported_at, uid`,
      patientId,
    )
    .map(({ uid }) => uid);
}

/** One imported file, flat, as it enters the tables. Strings are '' where the file says nothing. */
export interface NewInstance {
  readonly patientId: string;
  readonly patientName: string;
  readonly patientBirthDate: string;
  readonly patientSex: string;
  readonly studyInstanceUid: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly studyDescription: string;
  readonly accessionNumber: string;
  readonly seriesInstanceUid: string;
  readonly seriesNumber: number | null;
  readonly modality: string;
  readonly bodyPart: string;
  readonly seriesDescription: string;
  readonly manufacturer: string;
  /** As in Scope. */
  readonly protocol: string;
  /** View Position (0018,5101). */
  readonly view: string;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntax: string;
  readonly instanceNumber: number | null;
  readonly lossy: boolean;
  readonly localizer: boolean;
  readonly fileSha256: string;
  readonly fileBytes: number;
  /** At least one. */
  readonly frames: readonly NewFrame[];
}

export interface NewFrame {
  readonly rows: number;
  readonly columns: number;
  /** mm: [between rows, between columns] */
  readonly pixelSpacing: readonly [number, number] | null;
  readonly spacingAtDetector: boolean;
  /** Direction cosines of a row, then of a column (0020,0037). */
  readonly orientation: readonly number[] | null;
  /** Image Position (Patient), mm (0020,0032). */
  readonly position: readonly number[] | null;
}

export interface StudyRecord {
  readonly studyInstanceUid: string;
  readonly patientName: string;
  readonly patientId: string;
  readonly patientBirthDate: string;
  readonly patientSex: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly studyDescription: string;
  readonly accessionNumber: string;
  readonly importedAt: string;
  readonly modalities: readonly string[];
  readonly bodyParts: readonly string[];
  readonly seriesCount: number;
  readonly frameCount: number;
}

export interface SeriesRecord {
  readonly seriesInstanceUid: string;
  readonly seriesNumber: number | null;
  readonly modality: string;
  readonly bodyPart: string;
  readonly description: string;
  readonly manufacturer: string;
}

export interface FrameRecord extends FrameRef, NewFrame {
  readonly seriesInstanceUid: string;
  readonly instanceNumber: number | null;
  readonly lossy: boolean;
  readonly localizer: boolean;
  readonly fileSha256: string;
}

/** `added`; `known`: the same file is here already; `conflict`: another file has its SOP Instance UID or its study. */
export type Insertion = 'added' | 'known' | 'conflict-instance' | 'conflict-patient';

/** Adds an instance with whatever of its patient, study and series is not there yet. */
export function insertInstance(db: WritableDatabase, instance: NewInstance, importedAt: string): Insertion {
  return db.transaction(() => {
    const known = db.get<{ fileSha256: string }>(
      'SELECT file_sha256 AS fileSha256 FROM instances WHERE sop_instance_uid = ?',
      instance.sopInstanceUid,
    );
    if (known) return known.fileSha256 === instance.fileSha256 ? 'known' : 'conflict-instance';
    if (!insertStudy(db, instance, importedAt)) return 'conflict-patient';
    db.run(
      `INSERT INTO series (series_instance_uid, study_instance_uid, series_number, modality, body_part, description,
         manufacturer, view, protocol) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      instance.seriesInstanceUid,
      instance.studyInstanceUid,
      instance.seriesNumber,
      instance.modality,
      instance.bodyPart,
      instance.seriesDescription,
      instance.manufacturer,
      instance.view,
      instance.protocol,
    );
    db.run(
      `INSERT INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      instance.sopInstanceUid,
      instance.seriesInstanceUid,
      instance.sopClassUid,
      instance.transferSyntax,
      instance.instanceNumber,
      instance.lossy ? 1 : 0,
      instance.localizer ? 1 : 0,
      instance.fileSha256,
      instance.fileBytes,
      importedAt,
    );
    for (const [index, frame] of instance.frames.entries())
      db.run(
        `INSERT INTO frames VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        instance.sopInstanceUid,
        index,
        frame.rows,
        frame.columns,
        frame.pixelSpacing?.[0] ?? null,
        frame.pixelSpacing?.[1] ?? null,
        frame.orientation && JSON.stringify(frame.orientation),
        frame.position && JSON.stringify(frame.position),
        frame.spacingAtDetector ? 1 : 0,
      );
    return 'added';
  });
}

export interface StoredInstance {
  readonly sha256: string;
  readonly bytes: number;
  readonly studyInstanceUid: string;
  readonly patientId: string;
}

/** A stored instance's file and where it belongs; undefined where there is none of this UID. */
export function findInstance(db: ReadableDatabase, sopInstanceUid: string): StoredInstance | undefined {
  return db.get(
    `SELECT file_sha256 AS sha256, file_bytes AS bytes, study_instance_uid AS studyInstanceUid, patient_id AS patientId
     FROM instances JOIN series USING (series_instance_uid) JOIN studies USING (study_instance_uid)
       JOIN patients USING (patient_key)
     WHERE sop_instance_uid = ?`,
    sopInstanceUid,
  );
}

/** False where the study is there already and belongs to a patient with another id. */
function insertStudy(db: WritableDatabase, instance: NewInstance, importedAt: string): boolean {
  const owner = db.get<{ patientId: string }>(
    'SELECT patient_id AS patientId FROM studies JOIN patients USING (patient_key) WHERE study_instance_uid = ?',
    instance.studyInstanceUid,
  );
  if (owner) return owner.patientId === instance.patientId;
  const patient = [instance.patientId, instance.patientName, instance.patientBirthDate, instance.patientSex];
  db.run(
    'INSERT INTO patients (patient_id, name, birth_date, sex) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ...patient,
  );
  db.run(
    `INSERT INTO studies SELECT ?, patient_key, ?, ?, ?, ?, ? FROM patients
     WHERE patient_id = ? AND name = ? AND birth_date = ? AND sex = ?`,
    instance.studyInstanceUid,
    instance.studyDate,
    instance.studyTime,
    instance.studyDescription,
    instance.accessionNumber,
    importedAt,
    ...patient,
  );
  return true;
}

const STUDIES = `
  SELECT study_instance_uid AS studyInstanceUid, name AS patientName, patient_id AS patientId,
    birth_date AS patientBirthDate, sex AS patientSex, study_date AS studyDate, study_time AS studyTime,
    description AS studyDescription, accession_number AS accessionNumber, imported_at AS importedAt,
    (SELECT json_group_array(DISTINCT modality) FROM series s
      WHERE s.study_instance_uid = studies.study_instance_uid AND modality <> '') AS modalities,
    (SELECT json_group_array(DISTINCT body_part) FROM series s
      WHERE s.study_instance_uid = studies.study_instance_uid AND body_part <> '') AS bodyParts,
    (SELECT count(*) FROM series s WHERE s.study_instance_uid = studies.study_instance_uid) AS seriesCount,
    (SELECT count(*) FROM series s JOIN instances USING (series_instance_uid) JOIN frames USING (sop_instance_uid)
      WHERE s.study_instance_uid = studies.study_instance_uid) AS frameCount
  FROM studies JOIN patients USING (patient_key)`;

type RawStudy = Omit<StudyRecord, 'modalities' | 'bodyParts'> & { modalities: string; bodyParts: string };

const study = (raw: RawStudy): StudyRecord => ({
  ...raw,
  modalities: (JSON.parse(raw.modalities) as string[]).sort(),
  bodyParts: (JSON.parse(raw.bodyParts) as string[]).sort(),
});

/** All studies, the newest first. */
export function listStudies(db: ReadableDatabase): readonly StudyRecord[] {
  return db
    .all<RawStudy>(`${STUDIES} ORDER BY imported_at DESC, study_date DESC, study_time DESC, study_instance_uid`)
    .map(study);
}

/** @throws Fault `not-found` */
export function getStudy(db: ReadableDatabase, studyInstanceUid: string): StudyRecord {
  const raw = db.get<RawStudy>(`${STUDIES} WHERE study_instance_uid = ?`, studyInstanceUid);
  if (!raw) throw new Fault('not-found', 'This study is not in the worklist. Import it first.');
  return study(raw);
}

/** Series of a study, by number. */
export function listSeries(db: ReadableDatabase, studyInstanceUid: string): readonly SeriesRecord[] {
  return db.all<SeriesRecord>(
    `SELECT series_instance_uid AS seriesInstanceUid, series_number AS seriesNumber, modality, body_part AS bodyPart,
       description, manufacturer
     FROM series WHERE study_instance_uid = ? ORDER BY series_number, series_instance_uid`,
    studyInstanceUid,
  );
}

const FRAMES = `
  SELECT sop_instance_uid AS sopInstanceUid, frame, rows, columns, row_spacing AS rowSpacing,
    column_spacing AS columnSpacing, spacing_at_detector AS spacingAtDetector, orientation, position, series_instance_uid AS seriesInstanceUid,
    instance_number AS instanceNumber, lossy, localizer, file_sha256 AS fileSha256
  FROM frames JOIN instances USING (sop_instance_uid) JOIN series USING (series_instance_uid)`;

interface RawFrame
  extends Omit<FrameRecord, 'pixelSpacing' | 'spacingAtDetector' | 'orientation' | 'position' | 'lossy' | 'localizer'> {
  readonly rowSpacing: number | null;
  readonly columnSpacing: number | null;
  readonly spacingAtDetector: number;
  readonly orientation: string | null;
  readonly position: string | null;
  readonly lossy: number;
  readonly localizer: number;
}

function frameRecord({ rowSpacing, columnSpacing, ...raw }: RawFrame): FrameRecord {
  return {
    ...raw,
    pixelSpacing: rowSpacing === null || columnSpacing === null ? null : [rowSpacing, columnSpacing],
    spacingAtDetector: raw.spacingAtDetector === 1,
    orientation: raw.orientation === null ? null : (JSON.parse(raw.orientation) as number[]),
    position: raw.position === null ? null : (JSON.parse(raw.position) as number[]),
    lossy: raw.lossy === 1,
    localizer: raw.localizer === 1,
  };
}

/** Frames of a study in the order of their instance numbers, then frames. */
export function listFrames(db: ReadableDatabase, studyInstanceUid: string): readonly FrameRecord[] {
  return db
    .all<RawFrame>(
      `${FRAMES} WHERE study_instance_uid = ? ORDER BY instance_number, sop_instance_uid, frame`,
      studyInstanceUid,
    )
    .map(frameRecord);
}

/** @throws Fault `not-found` */
export function getFrame(db: ReadableDatabase, ref: FrameRef): FrameRecord {
  const raw = db.get<RawFrame>(`${FRAMES} WHERE sop_instance_uid = ? AND frame = ?`, ref.sopInstanceUid, ref.frame);
  if (!raw) throw new Fault('not-found', 'This image is not in the store. Import it first.');
  return frameRecord(raw);
}

/** Keeps what an import left out, and why. */
export function saveSkippedFiles(
  db: WritableDatabase,
  jobId: string,
  skipped: readonly { readonly path: string; readonly reason: string }[],
): void {
  db.transaction(() => {
    for (const [place, { path, reason }] of skipped.entries())
      db.run('INSERT OR REPLACE INTO skipped_files VALUES (?, ?, ?, ?)', jobId, place, path, reason);
  });
}

export function listSkippedFiles(
  db: ReadableDatabase,
  jobId: string,
): readonly { readonly path: string; readonly reason: string }[] {
  return db.all('SELECT path, reason FROM skipped_files WHERE job_id = ? ORDER BY place', jobId);
}
