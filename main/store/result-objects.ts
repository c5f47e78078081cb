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

/**
 * Adds the objects of one format and version; their blobs must be stored already. False where they are there, which then
 * stay as they are: one SOP Instance UID never stands for two contents.
 */
export function insertResultObjects(db: WritableDatabase, objects: readonly ResultObject[]): boolean {
  return db.transaction(() => {
    const inserted = objects.map((object) =>
      db.run(
        'INSERT INTO result_objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
        object.sopInstanceUid,
        object.studyInstanceUid,
        object.version,
        object.format,
        object.sopClassUid,
        object.seriesInstanceUid,
        object.fileSha256,
        object.madeAt,
        object.madeBy,
      ),
    );
    return inserted.some((rows) => rows > 0);
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

/** Whether an object, with these bytes, was made of a report here. */
export function isResultObject(
  db: ReadableDatabase,
  { sopInstanceUid, fileSha256 }: Pick<ResultObject, 'sopInstanceUid' | 'fileSha256'>,
): boolean {
  const known = 'SELECT 1 FROM result_objects WHERE sop_instance_uid = ? AND file_sha256 = ?';
  return db.get(known, sopInstanceUid, fileSha256) !== undefined;
}

/** The destination of what was written into any folder. */
export const FOLDER = 'folder';
/** What stands before a node's name in a destination. */
export const NODE = 'node:';
/** The same where the object was sent and no answer came: the node may have it or not. */
export const UNSURE_NODE = 'node-unsure:';

export interface Delivery {
  readonly sopInstanceUid: string;
  /** `FOLDER`; `NODE` or `UNSURE_NODE` and the name of a node. */
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

/** Objects of a study that a destination has, and with `unsure` those that it may have. */
export function listDelivered(
  db: ReadableDatabase,
  studyInstanceUid: string,
  destination: string,
  { unsure }: { readonly unsure: boolean },
): ReadonlySet<string> {
  const unsureOf = destination.replace(NODE, UNSURE_NODE);
  return new Set(
    listDeliveries(db, studyInstanceUid)
      .filter((one) => one.destination === destination || (unsure && one.destination === unsureOf))
      .map(({ sopInstanceUid }) => sopInstanceUid),
  );
}

/** Where objects of a study went, the oldest first. */
function listDeliveries(db: ReadableDatabase, studyInstanceUid: string): readonly Delivery[] {
  return db.all<Delivery>(
    `SELECT sop_instance_uid AS sopInstanceUid, destination, delivered_at AS deliveredAt, delivered_by AS deliveredBy
     FROM result_deliveries JOIN result_objects USING (sop_instance_uid)
     WHERE study_instance_uid = ? ORDER BY result_deliveries.rowid`,
    studyInstanceUid,
  );
}
