/** Measurements that a reader made in planes computed from a series. */
import type { PlaneMeasurement } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

interface RawMeasurement extends Omit<PlaneMeasurement, 'normal' | 'up' | 'points'> {
  readonly normal: string;
  readonly up: string;
  readonly points: string;
}

export function listPlaneMeasurements(db: ReadableDatabase, studyInstanceUid: string): readonly PlaneMeasurement[] {
  return db
    .all<RawMeasurement>(
      `SELECT id, series_instance_uid AS seriesInstanceUid, tool, normal, up, points FROM plane_measurements
       WHERE study_instance_uid = ? ORDER BY changed_at, id`,
      studyInstanceUid,
    )
    .map(({ normal, up, points, ...rest }) => ({
      ...rest,
      normal: JSON.parse(normal) as PlaneMeasurement['normal'],
      up: JSON.parse(up) as PlaneMeasurement['up'],
      points: JSON.parse(points) as number[],
    }));
}

/** @throws Fault `not-found` */
export function studyOfPlaneMeasurement(db: ReadableDatabase, id: string): string {
  const row = db.get<{ uid: string }>('SELECT study_instance_uid AS uid FROM plane_measurements WHERE id = ?', id);
  if (!row) throw new Fault('not-found', 'There is no such measurement.');
  return row.uid;
}

/** Adds a measurement, or replaces the one with its id. */
export function savePlaneMeasurement(
  db: WritableDatabase,
  studyInstanceUid: string,
  { id, seriesInstanceUid, tool, normal, up, points }: PlaneMeasurement,
  by: string,
  at: string,
): void {
  db.run(
    `INSERT INTO plane_measurements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
       normal = excluded.normal, up = excluded.up, points = excluded.points, made_by = excluded.made_by,
       changed_at = excluded.changed_at`,
    id,
    studyInstanceUid,
    seriesInstanceUid,
    tool,
    JSON.stringify(normal),
    JSON.stringify(up),
    JSON.stringify(points),
    by,
    at,
  );
}

export function deletePlaneMeasurement(db: WritableDatabase, id: string): void {
  db.run('DELETE FROM plane_measurements WHERE id = ?', id);
}
