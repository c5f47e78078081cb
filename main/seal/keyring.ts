/**
 * The data key, and the file that keeps it locked: `keys.json` of the data folder. The data key is random and never
 * changes while a store is encrypted; the file holds it encrypted once under a key that scrypt makes of the passphrase, and,
 * where the site wants that, once more by the operating system's key store.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { Fault } from '../fault.ts';

/** What an operating system keeps a secret with; made by the application (../app/system-keys.ts). */
export interface SystemKeys {
  /** Null where this system has no key store but a plain file; then there is the passphrase alone. */
  readonly name: string | null;
  protect(secret: string): Promise<Uint8Array>;
  reveal(secret: Uint8Array): Promise<string>;
}

export interface Keyring {
  readonly version: 1;
  /** Which way the store is being converted, so that an interrupted conversion goes on; null when it is done. */
  readonly converting: 'encrypt' | 'decrypt' | null;
  readonly passphrase: {
    readonly salt: string;
    /** Cost of scrypt (RFC 7914): 128 * N * r bytes of memory. */
    readonly cost: { readonly N: number; readonly r: number; readonly p: number };
    readonly wrapped: string;
  };
  /** The data key as the operating system's key store gave it back, base64. */
  readonly system: string | null;
}

/** 128 MiB and about half a second on a slow processor. */
const COST = { N: 1 << 17, r: 8, p: 1 } as const;
const SHORTEST_PASSPHRASE = 10;

/** @throws Fault `usage` where the passphrase is too short */
export async function newKeyring(passphrase: string): Promise<{ keyring: Keyring; dataKey: Uint8Array }> {
  const dataKey = new Uint8Array(randomBytes(32));
  return {
    dataKey,
    keyring: {
      version: 1,
      converting: 'encrypt',
      passphrase: await wrap(dataKey, passphrase),
      system: null,
    },
  };
}

/** The same data key under another passphrase. @throws Fault `usage` */
export async function withPassphrase(keyring: Keyring, dataKey: Uint8Array, passphrase: string): Promise<Keyring> {
  return { ...keyring, passphrase: await wrap(dataKey, passphrase) };
}

/** @throws Fault `not-allowed` where the passphrase is another one */
export async function unlockWithPassphrase({ passphrase: slot }: Keyring, passphrase: string): Promise<Uint8Array> {
  const wrapped = Buffer.from(slot.wrapped, 'base64');
  const key = await stretch(passphrase, Buffer.from(slot.salt, 'base64'), slot.cost);
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.alloc(12));
  decipher.setAuthTag(wrapped.subarray(-16));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(wrapped.subarray(0, -16)), decipher.final()]));
  } catch (thrown) {
    throw new Fault('not-allowed', 'This passphrase does not open this data folder. Nothing was changed; try again.', {
      cause: thrown,
    });
  }
}

/** Null where the system's key store holds nothing for this folder or does not open it now. */
export async function unlockWithSystem({ system }: Keyring, keys: SystemKeys): Promise<Uint8Array | null> {
  if (system === null || keys.name === null) return null;
  try {
    const key = Buffer.from(await keys.reveal(Buffer.from(system, 'base64')), 'base64');
    return key.length === 32 ? new Uint8Array(key) : null;
  } catch {
    // Another user, another machine, or a key store that was reset: the passphrase still opens it.
    return null;
  }
}

/** The key of the database: not the data key itself, so that neither tells of the other. */
export const databaseKey = (dataKey: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', dataKey, new Uint8Array(0), 'mediclip database', 32));

/** Names a data key without telling anything of it: 16 hexadecimal digits. */
export const keyName = (dataKey: Uint8Array): string =>
  Buffer.from(hkdfSync('sha256', dataKey, new Uint8Array(0), 'mediclip key name', 8)).toString('hex');

async function wrap(dataKey: Uint8Array, passphrase: string): Promise<Keyring['passphrase']> {
  if ([...passphrase].length < SHORTEST_PASSPHRASE)
    throw new Fault('usage', `Choose a passphrase of at least ${SHORTEST_PASSPHRASE} characters.`);
  const salt = randomBytes(16);
  // Each salt makes a key that encrypts this once, so the nonce may be zero.
  const cipher = createCipheriv('aes-256-gcm', await stretch(passphrase, salt, COST), Buffer.alloc(12));
  const wrapped = Buffer.concat([cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
  return { salt: salt.toString('base64'), cost: COST, wrapped: wrapped.toString('base64') };
}

function stretch(passphrase: string, salt: Uint8Array, cost: Keyring['passphrase']['cost']): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const maxmem = 256 * cost.N * cost.r;
    // The same characters, however a keyboard composes them.
    scrypt(passphrase.normalize('NFKC'), salt, 32, { ...cost, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** Null where the store is not encrypted. @throws Fault `bad-database` where the file is damaged */
export function readKeyring(path: string): Keyring | null {
  if (!existsSync(path)) return null;
  try {
    const keyring = JSON.parse(readFileSync(path, 'utf8')) as Keyring;
    if (keyring.version === 1 && keyring.passphrase.wrapped.length > 0) return keyring;
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
  throw unreadable(path);
}

/** Writes the file whole, and to the disk, before it takes the place of the one before. */
export function writeKeyring(path: string, keyring: Keyring): void {
  const unfinished = `${path}.unfinished`;
  const file = openSync(unfinished, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(keyring, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
}

const unreadable = (path: string, cause?: unknown) =>
  new Fault(
    'bad-database',
    'The file with the keys of this data folder is damaged or from a newer version. Put its copy from a backup in its place.',
    { path, cause },
  );
