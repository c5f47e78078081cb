import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** A setting's value, or null where it was never set. */
export function getSetting(db: ReadableDatabase, name: string): string | null {
  return db.get<{ value: string }>('SELECT value FROM settings WHERE name = ?', name)?.value ?? null;
}

export function setSetting(db: WritableDatabase, name: string, value: string): void {
  db.run('INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value', name, value);
}
