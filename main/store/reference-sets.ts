import type { FrameRef, ReferenceSet } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** Adds a set. @throws Fault `not-found` where one of its frames is not stored. */
export function insertReferenceSet(db: WritableDatabase, set: ReferenceSet): void {
  db.transaction(() => {
    db.run('INSERT INTO reference_sets VALUES (?, ?, ?, ?)', set.id, set.name, set.confirmedBy, set.createdAt);
    for (const [place, { sopInstanceUid, frame }] of set.frames.entries())
      db.run('INSERT INTO reference_set_members VALUES (?, ?, ?, ?)', set.id, place, sopInstanceUid, frame);
  });
}

type RawSet = Omit<ReferenceSet, 'frames'>;

const SETS = `SELECT id, name, confirmed_by AS confirmedBy, created_at AS createdAt FROM reference_sets`;

/** The newest first. */
export function listReferenceSets(db: ReadableDatabase): readonly ReferenceSet[] {
  return db
    .all<RawSet>(`${SETS} ORDER BY created_at DESC, id`)
    .map((set) => ({ ...set, frames: membersOf(db, set.id) }));
}

/** @throws Fault `not-found` */
export function getReferenceSet(db: ReadableDatabase, id: string): ReferenceSet {
  const set = db.get<RawSet>(`${SETS} WHERE id = ?`, id);
  if (!set) throw new Fault('not-found', 'There is no such reference set.');
  return { ...set, frames: membersOf(db, id) };
}

function membersOf(db: ReadableDatabase, id: string): FrameRef[] {
  return db.all<FrameRef>(
    `SELECT sop_instance_uid AS sopInstanceUid, frame FROM reference_set_members
     WHERE reference_set_id = ? ORDER BY place`,
    id,
  );
}
