/** The worklist's own table: one row for each study, kept by triggers. See migrations/0008-worklist.ts. */
import type { StudyRow, StudyState, WorklistColumn } from '../../preload/contract/model.ts';
import type { WorklistQuery } from '../../preload/contract/workstation.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, Value, WritableDatabase } from './database.ts';

/** What a row depends on besides the tables. */
export interface Watcher {
  readonly reader: string;
  /** Studies whose analysis is under way. */
  readonly analysing: readonly string[];
}

/** In the order in which a study passes through them; its place is how they sort. */
const STATES: readonly StudyState[] = ['new', 'analysing', 'analysed', 'reported'];

/** Takes the studies being analysed as JSON, then the reader. */
const JOINED = `
  FROM (SELECT w.*,
      CASE WHEN EXISTS (SELECT 1 FROM reports WHERE reports.study_instance_uid = w.study_instance_uid
          AND reports.state <> 'draft') THEN 3
        WHEN w.study_instance_uid IN (SELECT value FROM json_each(?)) THEN 1
        WHEN analysis_id IS NOT NULL THEN 2 ELSE 0 END AS state,
      NOT EXISTS (SELECT 1 FROM openings WHERE openings.study_instance_uid = w.study_instance_uid
        AND reader = ?) AS unread
    FROM worklist w) AS listed
  JOIN studies USING (study_instance_uid) JOIN patients USING (patient_key)`;
const watched = ({ analysing, reader }: Watcher): Value[] => [JSON.stringify(analysing), reader];

const ROWS = `SELECT study_instance_uid AS studyInstanceUid, name AS patientName, patient_id AS patientId,
    birth_date AS patientBirthDate, sex AS patientSex, study_date AS studyDate, study_time AS studyTime,
    description AS studyDescription, accession_number AS accessionNumber, imported_at AS importedAt, modalities,
    body_parts AS bodyParts, series_count AS seriesCount, frame_count AS frameCount, state,
    highest_score AS highestScore, lowest_p_value AS lowestPValue, flagged_frames AS flaggedFrames, unread ${JOINED}`;

type RawRow = Omit<StudyRow, 'modalities' | 'bodyParts' | 'state' | 'unread'> & {
  readonly modalities: string;
  readonly bodyParts: string;
  readonly state: number;
  readonly unread: number;
};

const studyRow = (raw: RawRow): StudyRow => ({
  ...raw,
  modalities: (JSON.parse(raw.modalities) as string[]).sort(),
  bodyParts: (JSON.parse(raw.bodyParts) as string[]).sort(),
  state: STATES[raw.state] ?? 'new',
  unread: raw.unread === 1,
});

/** All studies, the newest import first. */
export function listWorklistRows(db: ReadableDatabase, watcher: Watcher): readonly StudyRow[] {
  return db
    .all<RawRow>(
      `${ROWS} ORDER BY imported_at DESC, study_date DESC, study_time DESC, study_instance_uid`,
      ...watched(watcher),
    )
    .map(studyRow);
}

/** The rows of the studies named, in their order; those that are gone are left out. */
export function pickWorklistRows(
  db: ReadableDatabase,
  watcher: Watcher,
  studyInstanceUids: readonly string[],
): readonly StudyRow[] {
  return db
    .all<RawRow>(
      `${ROWS} JOIN json_each(?) AS wanted ON wanted.value = study_instance_uid ORDER BY wanted.key`,
      ...watched(watcher),
      JSON.stringify(studyInstanceUids),
    )
    .map(studyRow);
}

/** @throws Fault `not-found` */
export function getWorklistRow(db: ReadableDatabase, watcher: Watcher, studyInstanceUid: string): StudyRow {
  const [row] = pickWorklistRows(db, watcher, [studyInstanceUid]);
  if (!row) throw new Fault('not-found', 'This study is not in the worklist. Import it first.');
  return row;
}

const ORDERS: Readonly<Record<WorklistColumn, string>> = {
  patient: 'name COLLATE NOCASE',
  id: 'patient_id COLLATE NOCASE',
  description: 'description COLLATE NOCASE',
  modality: 'modalities',
  date: 'study_date || study_time',
  images: 'frame_count',
  state: 'state',
  score: 'coalesce(highest_score, -1)',
  flagged: 'flagged_frames',
  imported: 'imported_at',
};

export interface FoundStudy {
  readonly studyInstanceUid: string;
  /** The same for all studies of one patient. */
  readonly patient: string;
}

/** What a query asks for, in its order; ties the newest first, then by patient. */
export function findStudies(db: ReadableDatabase, watcher: Watcher, query: WorklistQuery): readonly FoundStudy[] {
  const conditions: string[] = [];
  const values: Value[] = watched(watcher);
  const ask = (condition: string, ...asked: Value[]) => {
    conditions.push(condition);
    values.push(...asked);
  };
  const words = [matchOf(query.text), matchOf(query.patient, 'patient')].filter((match) => match !== '');
  if (words.length > 0)
    ask('place IN (SELECT rowid FROM worklist_words WHERE worklist_words MATCH ?)', words.join(' AND '));
  if (query.from !== '') ask('study_date >= ?', query.from);
  if (query.to !== '') ask(`study_date <= ? AND study_date <> ''`, query.to);
  if (query.modality !== '') ask('EXISTS (SELECT 1 FROM json_each(modalities) WHERE value = ?)', query.modality);
  if (query.state !== '') ask('state = ?', STATES.indexOf(query.state));
  if (query.flagged) ask('flagged_frames > 0');
  if (query.unread) ask('unread');
  return db.all<FoundStudy>(
    `SELECT study_instance_uid AS studyInstanceUid,
       CASE patient_id WHEN '' THEN 'without id ' || patient_key ELSE patient_id END AS patient ${JOINED}
     ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
     ORDER BY ${ORDERS[query.orderBy]} ${query.descending ? 'DESC' : 'ASC'},
       study_date DESC, study_time DESC, name COLLATE NOCASE, study_instance_uid`,
    ...values,
  );
}

/** An FTS5 query in which every word of the text begins a word of the column; empty where there is no word. */
function matchOf(text: string, column = ''): string {
  const words = text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return words.map((word) => `${column === '' ? '' : `${column} : `}"${word}" *`).join(' AND ');
}

/** UIDs of the other studies of a study's patient, the newest first; none where the patient has no id. */
export function listOthersOfPatient(db: ReadableDatabase, studyInstanceUid: string): readonly string[] {
  return db
    .all<{ uid: string }>(
      `SELECT other.study_instance_uid AS uid
       FROM studies AS own JOIN patients AS patient USING (patient_key)
         JOIN patients AS same ON same.patient_id = patient.patient_id AND patient.patient_id <> ''
         JOIN studies AS other ON other.patient_key = same.patient_key
       WHERE own.study_instance_uid = ? AND other.study_instance_uid <> own.study_instance_uid
       ORDER BY other.study_date DESC, other.study_time DESC, other.study_instance_uid`,
      studyInstanceUid,
    )
    .map(({ uid }) => uid);
}

export function countStudies(db: ReadableDatabase): number {
  return db.get<{ n: number }>('SELECT count(*) AS n FROM worklist')?.n ?? 0;
}

/** Every modality in the store. */
export function listModalities(db: ReadableDatabase): readonly string[] {
  return db
    .all<{ modality: string }>(`SELECT DISTINCT modality FROM series WHERE modality <> '' ORDER BY modality`)
    .map(({ modality }) => modality);
}

/** Notes that a reader has seen a study; the first time counts. */
export function markOpened(db: WritableDatabase, studyInstanceUid: string, reader: string, at: string): boolean {
  return db.run('INSERT INTO openings VALUES (?, ?, ?) ON CONFLICT DO NOTHING', studyInstanceUid, reader, at) > 0;
}
