/** Measurements that a reader made on pictures. */
import type { Annotation } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

const ANNOTATIONS = `SELECT id, sop_instance_uid AS sopInstanceUid, frame, tool, points,
  study_instance_uid AS studyInstanceUid FROM annotations`;

interface AnnotationRecord extends Annotation {
  readonly studyInstanceUid: string;
}
type RawAnnotation = Omit<AnnotationRecord, 'points'> & { readonly points: string };
const annotation = (raw: RawAnnotation): AnnotationRecord => ({ ...raw, points: JSON.parse(raw.points) as number[] });

export function listAnnotations(db: ReadableDatabase, studyInstanceUid: string): readonly Annotation[] {
  return db
    .all<RawAnnotation>(`${ANNOTATIONS} WHERE study_instance_uid = ? ORDER BY id`, studyInstanceUid)
    .map(annotation)
    .map(({ studyInstanceUid: _study, ...rest }) => rest);
}

/** @throws Fault `not-found` */
export function getAnnotation(db: ReadableDatabase, id: string): AnnotationRecord {
  const raw = db.get<RawAnnotation>(`${ANNOTATIONS} WHERE id = ?`, id);
  if (!raw) throw new Fault('not-found', 'There is no such measurement.');
  return annotation(raw);
}

/** Adds an annotation, or replaces the one with its id. The database refuses it once the study's report is signed. */
export function saveAnnotation(
  db: WritableDatabase,
  { id, studyInstanceUid, sopInstanceUid, frame, tool, points }: AnnotationRecord,
  by: string,
  at: string,
): void {
  db.run(
    `INSERT INTO annotations VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
       points = excluded.points, made_by = excluded.made_by, changed_at = excluded.changed_at`,
    id,
    studyInstanceUid,
    sopInstanceUid,
    frame,
    tool,
    JSON.stringify(points),
    by,
    at,
  );
}

export function deleteAnnotation(db: WritableDatabase, id: string): void {
  db.run('DELETE FROM annotations WHERE id = ?', id);
}
