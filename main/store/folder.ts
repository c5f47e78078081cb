/**
 * The data folder. Everything that the product keeps lies below it:
 *
 *   workstation.sqlite   the database (with -wal and -shm beside it while it is open)
 *   blobs/aa/<sha256>    imported originals, anomaly maps, calibration profiles, each named by its SHA-256 (blobs.ts)
 *   packs/<name>/        model packs that were imported here
 *   backups/             copies of the database that were made by themselves (../services/backup.ts)
 *   providers.json       which execution providers passed their self-test (supervision/verdicts.ts)
 *   audit.key            key of the audit trail's message authentication codes (audit.ts)
 *   keys.json            the locked data key, where the store is encrypted (../seal/keyring.ts); blobs then end with .sealed
 *   audit.head           sealed length and last code of the audit trail
 *   station.key          Ed25519 key that this workstation signs calibrations with, made at the first use (station-key.ts)
 *   checkpoints/         calibrations that are not finished: <id>.json what was asked for, <id>.safetensors how far it came
 *   log/                 the log, without names or pixels
 *   tmp/                 files being written; whatever is left here after a crash may be deleted
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../fault.ts';
import { isEmptyFolder, keepPrivate, makePrivateFolder } from './private-files.ts';

export interface DataFolder {
  readonly root: string;
  readonly database: string;
  readonly blobs: string;
  readonly packs: string;
  readonly checkpoints: string;
  readonly backups: string;
  readonly providers: string;
  readonly keys: string;
  /** What blobs are encrypted with; null in a store that is not encrypted. */
  readonly dataKey: Uint8Array | null;
  readonly auditKey: string;
  readonly auditHead: string;
  readonly stationKey: string;
  readonly log: string;
  readonly temporary: string;
}

/** The layout below `root`, without touching the disk. */
export function dataFolderAt(root: string): DataFolder {
  return {
    root,
    database: join(root, 'workstation.sqlite'),
    blobs: join(root, 'blobs'),
    packs: join(root, 'packs'),
    checkpoints: join(root, 'checkpoints'),
    backups: join(root, 'backups'),
    providers: join(root, 'providers.json'),
    keys: join(root, 'keys.json'),
    dataKey: null,
    auditKey: join(root, 'audit.key'),
    auditHead: join(root, 'audit.head'),
    stationKey: join(root, 'station.key'),
    log: join(root, 'log'),
    temporary: join(root, 'tmp'),
  };
}

/** Makes the folder and its parts where they are missing. @throws Fault where that is impossible. */
export function openDataFolder(root: string, dataKey: Uint8Array | null = null): DataFolder {
  const folder = { ...dataFolderAt(root), dataKey };
  try {
    // Only its owner may look inside: it holds images of patients.
    mkdirSync(root, { recursive: true, mode: 0o700 });
    // One that was there and holds other things may be for others too; ours in it are not.
    if (isEmptyFolder(root)) keepPrivate(root);
    for (const part of [folder.blobs, folder.packs, folder.checkpoints, folder.log, folder.temporary])
      makePrivateFolder(part);
  } catch (thrown) {
    const fault = Fault.from(thrown);
    if (fault.code === 'disk-full') throw fault;
    throw new Fault('not-found', 'The data folder cannot be made or opened here. Choose another with --data-dir.', {
      path: root,
      cause: thrown,
    });
  }
  return folder;
}
