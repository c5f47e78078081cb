/** Encrypts a whole store, or decrypts it, while nothing has it open. What was interrupted is taken up where it stopped. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Fault, throwIfCancelled } from '../fault.ts';
import { databaseKey, readKeyring, writeKeyring } from '../seal/keyring.ts';
import { convertBlob, SEALED } from './blobs.ts';
import { isPlainDatabase, rekeyDatabase } from './database.ts';
import { type DataFolder, openDataFolder } from './folder.ts';
import { listKeptDatabases } from './sweep.ts';

export interface ConversionProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * Does what the keyring says is to be done: `converting`. Databases first, since whoever has one open stops it; then the
 * blobs, one by one: the converted copy is whole on the disk before the other one goes.
 * @throws Fault `timed-out` where the store is open, `bad-database`, `disk-full`, `cancelled`; call it again to go on
 */
export async function convertStore(
  root: string,
  dataKey: Uint8Array,
  signal: AbortSignal,
  onProgress: (progress: ConversionProgress) => void,
): Promise<void> {
  const sealed = openDataFolder(root, dataKey);
  const plain: DataFolder = { ...sealed, dataKey: null };
  const keyring = readKeyring(sealed.keys);
  if (!keyring?.converting) return;
  const encrypting = keyring.converting === 'encrypt';
  const key = databaseKey(dataKey);
  for (const path of [sealed.database, ...(await listKeptDatabases(sealed))])
    if (existsSync(path) && isPlainDatabase(path) === encrypting)
      rekeyDatabase(path, encrypting ? null : key, encrypting ? key : null);

  const [source, target] = encrypting ? [plain, sealed] : [sealed, plain];
  const left = (await listBlobFiles(sealed)).filter((path) => path.endsWith(SEALED) !== encrypting);
  for (const [done, path] of left.entries()) {
    throwIfCancelled(signal);
    onProgress({ done, total: left.length });
    await convertBlob(source, target, basename(path, SEALED)).catch((thrown) => {
      if (!(thrown instanceof Fault && thrown.code === 'bad-file')) throw thrown;
    });
  }
  onProgress({ done: left.length, total: left.length });
  if (encrypting) writeKeyring(sealed.keys, { ...keyring, converting: null });
  else await rm(sealed.keys);
}

async function listBlobFiles({ blobs }: DataFolder): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const prefix of await readdir(blobs))
    for (const name of await readdir(join(blobs, prefix))) paths.push(join(blobs, prefix, name));
  return paths;
}
