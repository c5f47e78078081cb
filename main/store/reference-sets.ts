import type { FrameRef, ReferenceSet } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** Adds a version of a set. @throws Fault `not-found` where one of its frames is not stored. */
export function insertReferenceSet(db: WritableDatabase, set: ReferenceSet): void {
  db.transaction(() => {
    db.run(
      `INSERT INTO reference_sets (id, name, confirmed_by, created_at, lineage, version) VALUES (?, ?, ?, ?, ?, ?)`,
      set.id,
      set.name,
      set.confirmedBy,
      set.createdAt,
      set.lineage,
      set.version,
    );
    for (const [place, { sopInstanceUid, frame }] of set.frames.entries())
      db.run('INSERT INTO reference_set_members VALUES (?, ?, ?, ?)', set.id, place, sopInstanceUid, frame);
  });
}

type RawSet = Omit<ReferenceSet, 'frames'>;

const SETS = `SELECT id, name, confirmed_by AS confirmedBy, created_at AS createdAt, lineage, version
  FROM reference_sets`;

/** The newest first. */
export function listReferenceSets(db: ReadableDatabase): readonly ReferenceSet[] {
  return db
    .all<RawSet>(`${SETS} ORDER BY created_at DESC, version DESC, id`)
    .map((set) => ({ ...set, frames: membersOf(db, set.id) }));
}

/** @throws Fault `not-found` */
export function getReferenceSet(db: ReadableDatabase, id: string): ReferenceSet {
  const set = db.get<RawSet>(`${SETS} WHERE id = ?`, id);
  if (!set) throw new Fault('not-found', 'There is no such reference set.');
  return { ...set, frames: membersOf(db, id) };
}

/** The number that the next version of a set gets. */
export function nextVersion(db: ReadableDatabase, lineage: string): number {
  const newest = db.get<{ version: number | null }>(
    'SELECT max(version) AS version FROM reference_sets WHERE lineage = ?',
    lineage,
  );
  return (newest?.version ?? 0) + 1;
}

function membersOf(db: ReadableDatabase, id: string): FrameRef[] {
  return db.all<FrameRef>(
    `SELECT sop_instance_uid AS sopInstanceUid, frame FROM reference_set_members
     WHERE reference_set_id = ? ORDER BY place`,
    id,
  );
}
