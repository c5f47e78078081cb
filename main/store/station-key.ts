/**
 * The key that tells this workstation's calibrations from anybody else's: Ed25519 (RFC 8032), kept in the data folder.
 * Other workstations take it over once a person there has compared its fingerprint.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';
import type { DataFolder } from './folder.ts';

/** Who signed: base64 of a SubjectPublicKeyInfo. */
export type PublicKey = string;

export interface TrustedStation {
  readonly publicKey: PublicKey;
  readonly confirmedBy: string;
  readonly confirmedAt: string;
}

/** @throws Fault `bad-file` where the key is damaged, `disk-full` */
export function publicKeyOf(folder: DataFolder): PublicKey {
  return createPublicKey(privateKey(folder)).export({ type: 'spki', format: 'der' }).toString('base64');
}

/** @throws Fault as publicKeyOf */
export function signAs(folder: DataFolder, bytes: Uint8Array): Uint8Array {
  return sign(null, bytes, privateKey(folder));
}

/** Whether the bytes were signed with the key, unchanged. False for what is no Ed25519 key at all. */
export function isSignedBy(publicKey: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' && verify(null, bytes, key, signature);
  } catch {
    return false;
  }
}

/** What two people compare: 128 bits of the key's SHA-256 as `3F2A-91BC-...`, eight groups. */
export function fingerprintOf(publicKey: PublicKey): string {
  const hash = createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 32);
  return hash.toUpperCase().replace(/(.{4})(?=.)/g, '$1-');
}

/** The first half of this workstation's fingerprint: what its folder among those of others is called. @throws as publicKeyOf */
export const stationName = (folder: DataFolder): string => fingerprintOf(publicKeyOf(folder)).slice(0, 19);

export function findTrusted(db: ReadableDatabase, publicKey: PublicKey): TrustedStation | null {
  const found = db.get<TrustedStation>(
    `SELECT public_key AS publicKey, confirmed_by AS confirmedBy, confirmed_at AS confirmedAt
     FROM trusted_stations WHERE public_key = ?`,
    publicKey,
  );
  return found ?? null;
}

export function trust(db: WritableDatabase, { publicKey, confirmedBy, confirmedAt }: TrustedStation): void {
  db.run('INSERT INTO trusted_stations VALUES (?, ?, ?) ON CONFLICT DO NOTHING', publicKey, confirmedBy, confirmedAt);
}

/** Made where there is none; whoever makes it second uses the first. */
function privateKey({ stationKey: path }: DataFolder) {
  try {
    return createPrivateKey(readFileSync(path));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new Fault(
        'bad-file',
        'The key of this workstation is damaged. Restore it, or remove the file for a new one.',
        {
          path,
          cause: thrown,
        },
      );
  }
  const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  try {
    writeFileSync(path, made, { flag: 'wx', mode: 0o600, flush: true });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw Fault.from(thrown, { path });
  }
  return createPrivateKey(readFileSync(path));
}
