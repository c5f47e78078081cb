/** What the worklist and the viewer show of studies. */
import type {
  FrameRef,
  FrameRow,
  JobStatus,
  SeriesDetail,
  StudyDetail,
  StudyRow,
  StudyState,
} from '../../preload/contract/model.ts';
import { arrangeSeries } from '../imaging/geometry.ts';
import { listStudyScores, type StudyScores } from '../store/analyses.ts';
import type { ReadableDatabase } from '../store/database.ts';
import { listSignedStudies } from '../store/reports.ts';
import {
  type FrameRecord,
  getStudy,
  listFrames,
  listSeries,
  listStudies,
  type SeriesRecord,
  type StudyRecord,
} from '../store/studies.ts';

/** All studies, the newest import first. `jobs` tells which of them are being analysed. */
export function listWorklist(db: ReadableDatabase, jobs: readonly JobStatus[]): readonly StudyRow[] {
  const rowOf = rowsOf(db, jobs);
  return listStudies(db).map(rowOf);
}

/** @throws Fault `not-found` */
export function openStudy(db: ReadableDatabase, studyInstanceUid: string, jobs: readonly JobStatus[]): StudyDetail {
  const study = rowsOf(db, jobs)(getStudy(db, studyInstanceUid));
  const frames = listFrames(db, studyInstanceUid);
  const series = listSeries(db, studyInstanceUid).map((row) =>
    seriesDetail(
      row,
      frames.filter((frame) => frame.seriesInstanceUid === row.seriesInstanceUid),
    ),
  );
  return { study, series };
}

function rowsOf(db: ReadableDatabase, jobs: readonly JobStatus[]): (study: StudyRecord) => StudyRow {
  const scores = new Map(listStudyScores(db).map((row) => [row.studyInstanceUid, row]));
  const signed = new Set(listSignedStudies(db));
  const analysing = new Set(
    jobs
      .filter(({ kind, state }) => kind === 'analyse' && (state === 'queued' || state === 'running'))
      .map((job) => job.subject),
  );
  return (study) => {
    const result = scores.get(study.studyInstanceUid);
    return {
      ...study,
      state: stateOf(study.studyInstanceUid, signed, analysing, result),
      highestScore: result?.highestScore ?? null,
      lowestPValue: result?.lowestPValue ?? null,
      flaggedFrames: result?.flaggedFrames ?? 0,
    };
  };
}

function stateOf(
  uid: string,
  signed: ReadonlySet<string>,
  analysing: ReadonlySet<string | null>,
  result: StudyScores | undefined,
): StudyState {
  if (signed.has(uid)) return 'reported';
  if (analysing.has(uid)) return 'analysing';
  return result ? 'analysed' : 'new';
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
    slicePosition,
    imageOrientation: frame.orientation,
    lossy: frame.lossy,
  };
}

export const frameKey = (ref: FrameRef): string => `${ref.sopInstanceUid}/${ref.frame}`;

/** What reports call the images of a study, by frameKey, in the order in which a reader scrolls. */
export function frameTitles(db: ReadableDatabase, studyInstanceUid: string): ReadonlyMap<string, string> {
  const { series } = openStudy(db, studyInstanceUid, []);
  return new Map(
    series.flatMap(({ seriesNumber, frames }, index) =>
      frames.map((frame, place) => [
        frameKey(frame),
        `Series ${seriesNumber ?? index + 1}, image ${place + 1} of ${frames.length}`,
      ]),
    ),
  );
}
