/** Measurements on pictures: saved with their study, closed by its signature. */
import type { Annotation, PlaneMeasurement } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { getAnalysis, getFinding, hasFinding, listMeasuredBy, updateMeasurement } from '../store/analyses.ts';
import { deleteAnnotation, getAnnotation, listAnnotations, saveAnnotation } from '../store/annotations.ts';
import { getAttributes } from '../store/attributes.ts';
import type { WritableDatabase } from '../store/database.ts';
import {
  deletePlaneMeasurement,
  listPlaneMeasurements,
  savePlaneMeasurement,
  studyOfPlaneMeasurement,
} from '../store/plane-measurements.ts';
import { getReport } from '../store/reports.ts';
import { listSeries } from '../store/studies.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

export function annotationsOf({ store }: Workstation, studyInstanceUid: string): readonly Annotation[] {
  return listAnnotations(store.db, studyInstanceUid);
}

/**
 * Adds an annotation, or replaces the one with its id. One that comes back measures again what it measured: of `measures`
 * the study's findings that are measured by nothing.
 * @throws Fault `not-found`, `not-allowed` once signed, `usage`
 */
export function putAnnotation(
  station: Workstation,
  {
    studyInstanceUid,
    annotation,
    measures = [],
  }: {
    readonly studyInstanceUid: string;
    readonly annotation: Annotation;
    readonly measures?: readonly string[] | undefined;
  },
): void {
  const { db } = station.store;
  if (getAttributes(db, annotation).studyInstanceUid !== studyInstanceUid)
    throw new Fault('usage', 'This image does not belong to the study.');
  requireOpen(station, studyInstanceUid);
  db.transaction(() => {
    saveAnnotation(db, { ...annotation, studyInstanceUid }, station.user, timestamp(station));
    for (const id of measures) measureAgain(db, studyInstanceUid, id, annotation.id);
    record(station, 'annotation.put', annotation.id, { study: studyInstanceUid, tool: annotation.tool });
  });
}

/**
 * Takes an annotation away; findings that it measured are measured by nothing then.
 * @returns their ids
 * @throws Fault `not-found`, `not-allowed` once signed
 */
export function removeAnnotation(station: Workstation, id: string): readonly string[] {
  const { db } = station.store;
  const { studyInstanceUid } = getAnnotation(db, id);
  requireOpen(station, studyInstanceUid);
  const measured = listMeasuredBy(db, id);
  db.transaction(() => {
    deleteAnnotation(db, id);
    record(station, 'annotation.remove', id, { study: studyInstanceUid });
  });
  return measured;
}

/** Those in planes that were computed from a series. They are the reader's own: no report and no export holds them. */
export function planeMeasurementsOf({ store }: Workstation, studyInstanceUid: string): readonly PlaneMeasurement[] {
  return listPlaneMeasurements(store.db, studyInstanceUid);
}

/** Adds a measurement, or replaces the one with its id. @throws Fault `not-allowed` once signed, `usage` */
export function putPlaneMeasurement(
  station: Workstation,
  { studyInstanceUid, measurement }: { readonly studyInstanceUid: string; readonly measurement: PlaneMeasurement },
): void {
  const { db } = station.store;
  const { id, tool, seriesInstanceUid } = measurement;
  if (!listSeries(db, studyInstanceUid).some((series) => series.seriesInstanceUid === seriesInstanceUid))
    throw new Fault('usage', 'This image does not belong to the study.');
  requireOpen(station, studyInstanceUid);
  db.transaction(() => {
    savePlaneMeasurement(db, studyInstanceUid, measurement, station.user, timestamp(station));
    record(station, 'annotation.put', id, { study: studyInstanceUid, tool });
  });
}

/** @throws Fault `not-found`, `not-allowed` once signed */
export function removePlaneMeasurement(station: Workstation, id: string): void {
  const { db } = station.store;
  const study = studyOfPlaneMeasurement(db, id);
  requireOpen(station, study);
  db.transaction(() => {
    deletePlaneMeasurement(db, id);
    record(station, 'annotation.remove', id, { study });
  });
}

function measureAgain(db: WritableDatabase, studyInstanceUid: string, findingId: string, annotationId: string): void {
  if (!hasFinding(db, findingId)) return; // taken back meanwhile
  const { analysisId, measurementId } = getFinding(db, findingId);
  if (measurementId === null && getAnalysis(db, analysisId).studyInstanceUid === studyInstanceUid)
    updateMeasurement(db, findingId, annotationId);
}

function requireOpen({ store: { db } }: Workstation, studyInstanceUid: string): void {
  if (getReport(db, studyInstanceUid)?.state === 'signed')
    throw new Fault('not-allowed', 'The report of this study is signed, so its measurements cannot change.');
}
