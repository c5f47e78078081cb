/** What the worklist and the viewer show of studies. */
import type {
  FrameRef,
  FrameRow,
  JobStatus,
  ReportLanguage,
  SeriesDetail,
  StudyDetail,
  StudyRow,
  WorklistEntry,
  WorklistFound,
} from '../../preload/contract/model.ts';
import type { WorklistQuery } from '../../preload/contract/workstation.ts';
import { arrangeSeries } from '../imaging/geometry.ts';
import type { ReadableDatabase } from '../store/database.ts';
import { type FrameRecord, listFrames, listSeries, type SeriesRecord } from '../store/studies.ts';
import {
  countStudies,
  type FoundStudy,
  findStudies,
  getWorklistRow,
  listModalities,
  listOthersOfPatient,
  listWorklistRows,
  markOpened,
  pickWorklistRows,
  type Watcher,
} from '../store/worklist.ts';
import { reportWords } from './report-words.ts';
import { timestamp, type Workstation } from './workstation.ts';

/** All studies, the newest import first. `jobs` tells which of them are being analysed. */
export function listWorklist(db: ReadableDatabase, jobs: readonly JobStatus[], reader = ''): readonly StudyRow[] {
  return listWorklistRows(db, watcherOf(jobs, reader));
}

/** The studies that a query finds, in its order. Searching and sorting 50,000 studies takes some tenths of a second. */
export function findInWorklist(
  { store: { db }, user }: Workstation,
  jobs: readonly JobStatus[],
  query: WorklistQuery,
): WorklistFound {
  const found = findStudies(db, watcherOf(jobs, user), query);
  const entries = query.priorsTogether
    ? withPriors(found)
    : found.map(({ studyInstanceUid }) => ({ studyInstanceUid, prior: false }));
  return { entries, all: countStudies(db), modalities: listModalities(db) };
}

/** The rows of the studies named, in their order; those that are gone are left out. */
export function rowsOfWorklist(
  { store: { db }, user }: Workstation,
  jobs: readonly JobStatus[],
  studyInstanceUids: readonly string[],
): readonly StudyRow[] {
  return pickWorklistRows(db, watcherOf(jobs, user), studyInstanceUids);
}

/** The other studies of a study's patient, the newest first. @throws Fault `not-found` */
export function priorsOf(
  { store: { db }, user }: Workstation,
  jobs: readonly JobStatus[],
  studyInstanceUid: string,
): readonly StudyRow[] {
  return pickWorklistRows(db, watcherOf(jobs, user), listOthersOfPatient(db, studyInstanceUid));
}

/** Each patient's first study in the order that was asked for, followed by the patient's other ones. */
function withPriors(found: readonly FoundStudy[]): WorklistEntry[] {
  const ofPatient = new Map<string, string[]>();
  for (const { studyInstanceUid, patient } of found) {
    const studies = ofPatient.get(patient);
    if (studies) studies.push(studyInstanceUid);
    else ofPatient.set(patient, [studyInstanceUid]);
  }
  return [...ofPatient.values()].flatMap((studies) =>
    studies.map((studyInstanceUid, place) => ({ studyInstanceUid, prior: place > 0 })),
  );
}

/** Opens a study for its reader, who has then seen it. @throws Fault `not-found` */
export function openForReading(
  station: Workstation,
  studyInstanceUid: string,
  jobs: readonly JobStatus[],
): { readonly detail: StudyDetail; readonly firstTime: boolean } {
  const { db } = station.store;
  const before = openStudy(db, studyInstanceUid, jobs, station.user);
  const firstTime = markOpened(db, studyInstanceUid, station.user, timestamp(station));
  return { detail: { ...before, study: { ...before.study, unread: false } }, firstTime };
}

/** @throws Fault `not-found` */
export function openStudy(
  db: ReadableDatabase,
  studyInstanceUid: string,
  jobs: readonly JobStatus[],
  reader = '',
): StudyDetail {
  const study = getWorklistRow(db, watcherOf(jobs, reader), studyInstanceUid);
  const frames = listFrames(db, studyInstanceUid);
  const series = listSeries(db, studyInstanceUid).map((row) =>
    seriesDetail(
      row,
      frames.filter((frame) => frame.seriesInstanceUid === row.seriesInstanceUid),
    ),
  );
  return { study, series };
}

function watcherOf(jobs: readonly JobStatus[], reader: string): Watcher {
  const analysing = jobs
    .filter(({ kind, state }) => kind === 'analyse' && (state === 'queued' || state === 'running'))
    .map((job) => job.subject)
    .filter((subject) => subject !== null);
  return { reader, analysing };
}

function seriesDetail(series: SeriesRecord, records: readonly FrameRecord[]): SeriesDetail {
  const { order, places, findings } = arrangeSeries(
    records.map((record) => ({
      ...record,
      number: record.instanceNumber,
      uid: record.sopInstanceUid,
      localiser: record.localizer,
    })),
  );
  return {
    ...series,
    frames: order.map((index) => frameRow(records[index] as FrameRecord, places[index] ?? null)),
    remarks: findings.map(({ message }) => message),
  };
}

function frameRow(frame: FrameRecord, slicePosition: number | null): FrameRow {
  return {
    sopInstanceUid: frame.sopInstanceUid,
    frame: frame.frame,
    rows: frame.rows,
    columns: frame.columns,
    instanceNumber: frame.instanceNumber,
    pixelSpacing: frame.pixelSpacing,
    spacingAtDetector: frame.spacingAtDetector,
    slicePosition,
    imageOrientation: frame.orientation,
    imagePosition: frame.position,
    lossy: frame.lossy,
  };
}

export const frameKey = (ref: FrameRef): string => `${ref.sopInstanceUid}/${ref.frame}`;

/** What reports call the images of a study, by frameKey, in the order in which a reader scrolls. */
export function frameTitles(
  db: ReadableDatabase,
  studyInstanceUid: string,
  language: ReportLanguage = 'en',
): ReadonlyMap<string, string> {
  const { series } = openStudy(db, studyInstanceUid, []);
  return new Map(
    series.flatMap(({ seriesNumber, frames }, index) =>
      frames.map((frame, place) => [
        frameKey(frame),
        reportWords(language).image(seriesNumber ?? index + 1, place + 1, frames.length),
      ]),
    ),
  );
}
