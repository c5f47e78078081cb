/** Measurements on pictures: saved with their study, closed by its signature. */
import type { Annotation } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { deleteAnnotation, getAnnotation, listAnnotations, saveAnnotation } from '../store/annotations.ts';
import { getAttributes } from '../store/attributes.ts';
import { getReport } from '../store/reports.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

export function annotationsOf({ store }: Workstation, studyInstanceUid: string): readonly Annotation[] {
  return listAnnotations(store.db, studyInstanceUid);
}

/** Adds an annotation, or replaces the one with its id. @throws Fault `not-found`, `not-allowed` once signed, `usage` */
export function putAnnotation(
  station: Workstation,
  { studyInstanceUid, annotation }: { readonly studyInstanceUid: string; readonly annotation: Annotation },
): void {
  const { db } = station.store;
  if (getAttributes(db, annotation).studyInstanceUid !== studyInstanceUid)
    throw new Fault('usage', 'This image does not belong to the study.');
  requireOpen(station, studyInstanceUid);
  saveAnnotation(db, { ...annotation, studyInstanceUid }, station.user, timestamp(station));
  record(station, 'annotation.put', annotation.id, { study: studyInstanceUid, tool: annotation.tool });
}

/** Findings that it measured are measured by nothing then. @throws Fault `not-found`, `not-allowed` once signed */
export function removeAnnotation(station: Workstation, id: string): void {
  const { db } = station.store;
  const { studyInstanceUid } = getAnnotation(db, id);
  requireOpen(station, studyInstanceUid);
  deleteAnnotation(db, id);
  record(station, 'annotation.remove', id, { study: studyInstanceUid });
}

function requireOpen({ store: { db } }: Workstation, studyInstanceUid: string): void {
  if (getReport(db, studyInstanceUid)?.state === 'signed')
    throw new Fault('not-allowed', 'The report of this study is signed, so its measurements cannot change.');
}
