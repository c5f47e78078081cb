/** What a site hands to whoever helps it: how the application is, without anything about patients, people or places. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { diagnose, type RuntimeVersions } from './about.ts';
import { verifyTrail } from './upkeep.ts';
import type { Workstation } from './workstation.ts';

const LOG_LINES = 400;

/**
 * The bundle as readable JSON: versions, self-tests, the database's state and how many rows each table has, what the
 * administrator has settled (names of the keys alone), and the end of the log.
 */
export async function supportBundle(
  station: Workstation,
  versions: RuntimeVersions,
  signal: AbortSignal,
): Promise<string> {
  const { db, folder } = station.store;
  const { disk, ...diagnosis } = await diagnose(station, folder.root, versions, signal);
  const tables = db.all<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`);
  const log = join(folder.log, 'workstation.log');
  const content = {
    notice: 'Not for diagnostic use. This text holds no names, no images and no paths; read it before you hand it on.',
    madeAt: station.now().toISOString(),
    system: { platform: process.platform, architecture: process.arch, freeBytes: disk.freeBytes },
    ...diagnosis,
    auditTrail: verifyTrail(station),
    schema: db.get<{ user_version: number }>('PRAGMA user_version')?.user_version,
    rows: Object.fromEntries(
      tables.map(({ name }) => [name, db.get<{ n: number }>(`SELECT count(*) AS n FROM "${name}"`)?.n]),
    ),
    settledByAdministrator: Object.keys(station.policy),
    log: existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-LOG_LINES) : [],
  };
  const { model } = station.policy;
  // Models that are here are listed; what an administrator calls one that is not may tell of the site.
  const absent = model !== undefined && diagnosis.models.every(({ name }) => name !== model) ? [model] : [];
  return withoutIdentity(station, JSON.stringify(content, null, 2), absent);
}

/** What is short occurs everywhere by chance. */
const SHORTEST = 3;

/** Nothing of this should be in it; should it be after all, it is taken out here. */
function withoutIdentity({ store, user }: Workstation, text: string, models: readonly string[]): string {
  const people = store.db.all<{ patient_id: string; name: string }>('SELECT patient_id, name FROM patients');
  const secrets: readonly (readonly [string, string])[] = [
    [store.folder.root, '[data folder]'],
    [homedir(), '[home]'],
    [hostname(), '[computer]'],
    [user, '[user]'],
    ...models.map((model) => [model, '[model]'] as const),
    ...people.flatMap(({ patient_id, name }) =>
      [patient_id, name, ...name.split(/[\^ =]/)].map((part) => [part, '[patient]'] as const),
    ),
  ];
  // The longest first, so that no part of a longer one is left standing.
  return [...secrets]
    .filter(([secret]) => secret.length >= SHORTEST)
    .sort(([a], [b]) => b.length - a.length)
    .reduce((kept, [secret, placeholder]) => replaceWord(kept, JSON.stringify(secret).slice(1, -1), placeholder), text);
}

/** Every occurrence that is no part of a longer word, in whichever case. */
function replaceWord(text: string, word: string, placeholder: string): string {
  const escaped = word.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  return text.replaceAll(new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'giu'), placeholder);
}
