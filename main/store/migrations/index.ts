/** Numbered migrations: `user_version` counts those that a database has. Each runs in one transaction or not at all. */
import type { Database } from 'better-sqlite3-multiple-ciphers';
import { Fault } from '../../fault.ts';
import { images } from './0001-images.ts';
import { results } from './0002-results.ts';
import { audit } from './0003-audit.ts';
import { network } from './0004-network.ts';
import { imports } from './0005-imports.ts';
import { calibrationLife } from './0006-calibration-life.ts';
import { resultsOut } from './0007-results-out.ts';
import { worklist } from './0008-worklist.ts';
import { reading } from './0009-reading.ts';
import { importedResults } from './0010-imported-results.ts';
import { trustedStations } from './0011-trusted-stations.ts';
import { readingRoom } from './0012-reading-room.ts';
import { forgetting } from './0013-forgetting.ts';
import { reportSentences } from './0014-report-sentences.ts';
import { dismissed } from './0015-dismissed.ts';
import { protocols } from './0016-protocols.ts';
import { replacements } from './0017-replacements.ts';
import { withdrawnImports } from './0018-withdrawn-imports.ts';
import { heldOutPatients } from './0019-held-out-patients.ts';
import { measurements } from './0021-measurements.ts';
import type { Migration } from './migration.ts';

export const migrations: readonly Migration[] = [
  images,
  results,
  audit,
  network,
  imports,
  calibrationLife,
  resultsOut,
  worklist,
  reading,
  importedResults,
  trustedStations,
  readingRoom,
  forgetting,
  reportSentences,
  dismissed,
  protocols,
  replacements,
  withdrawnImports,
  heldOutPatients,
  measurements,
];

/**
 * Brings a database up to `upTo` migrations (all, except in tests).
 * @throws Fault `bad-database` where a newer version of the application made it.
 */
export function migrate(database: Database, path: string, upTo = migrations.length): void {
  const version = () => database.pragma('user_version', { simple: true }) as number;
  if (version() > migrations.length)
    throw new Fault(
      'bad-database',
      `A newer version of the application made this database (schema ${version()}, this version knows ${migrations.length}). ` +
        'Update the application, or choose another folder with --data-dir.',
      { path },
    );
  for (const [index, migration] of migrations.slice(0, upTo).entries())
    database
      .transaction(() => {
        // Read under the lock: another process may have applied it meanwhile.
        if (version() > index) return;
        migration.apply(database);
        database.pragma(`user_version = ${index + 1}`);
      })
      .immediate();
}
