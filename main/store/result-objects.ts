/** Objects that were made of signed reports, and where they went. */
import type { ReadableDatabase, WritableDatabase } from './database.ts';

export interface ResultObject {
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  /** Of the report. */
  readonly version: number;
  /** e.g. `sr`, `seg` */
  readonly format: string;
  readonly sopClassUid: string;
  readonly seriesInstanceUid: string;
  readonly fileSha256: string;
  readonly madeAt: string;
  readonly madeBy: string;
}

/** Adds objects; their blobs must be stored already. */
export function insertResultObjects(db: WritableDatabase, objects: readonly ResultObject[]): void {
  db.transaction(() => {
    for (const object of objects)
      db.run(
        'INSERT INTO result_objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        object.sopInstanceUid,
        object.studyInstanceUid,
        object.version,
        object.format,
        object.sopClassUid,
        object.seriesInstanceUid,
        object.fileSha256,
        object.madeAt,
        object.madeBy,
      );
  });
}

/** All objects of a study, by version, format and UID. */
export function listResultObjects(db: ReadableDatabase, studyInstanceUid: string): readonly ResultObject[] {
  return db.all<ResultObject>(
    `SELECT sop_instance_uid AS sopInstanceUid, study_instance_uid AS studyInstanceUid, version, format,
       sop_class_uid AS sopClassUid, series_instance_uid AS seriesInstanceUid, file_sha256 AS fileSha256,
       made_at AS madeAt, made_by AS madeBy
     FROM result_objects WHERE study_instance_uid = ? ORDER BY version, format, sop_instance_uid`,
    studyInstanceUid,
  );
}

export interface Delivery {
  readonly sopInstanceUid: string;
  /** `folder`, or `node:` and the name of a network node. */
  readonly destination: string;
  readonly deliveredAt: string;
  readonly deliveredBy: string;
}

export function insertDeliveries(db: WritableDatabase, deliveries: readonly Delivery[]): void {
  db.transaction(() => {
    for (const { sopInstanceUid, destination, deliveredAt, deliveredBy } of deliveries)
      db.run(
        'INSERT INTO result_deliveries VALUES (?, ?, ?, ?)',
        sopInstanceUid,
        destination,
        deliveredAt,
        deliveredBy,
      );
  });
}

/** Where objects of a study went, the oldest first. */
export function listDeliveries(db: ReadableDatabase, studyInstanceUid: string): readonly Delivery[] {
  return db.all<Delivery>(
    `SELECT sop_instance_uid AS sopInstanceUid, destination, delivered_at AS deliveredAt, delivered_by AS deliveredBy
     FROM result_deliveries JOIN result_objects USING (sop_instance_uid)
     WHERE study_instance_uid = ? ORDER BY result_deliveries.rowid`,
    studyInstanceUid,
  );
}
