/** Seals a folder: a SHA-256 list of its files, a detached signature of the list, and scripts that verify both. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, SetupError } from './command.ts';

const LIST = 'SHA256SUMS';

/** The one kind of key that OpenSSL 1.1, LibreSSL and Windows' own .NET verify alike (packaging/kit). */
const MODULUS_BITS = 3072;

/** `keyFile` is an RSA private key of 3072 bits as PEM; null leaves the folder unsigned. @throws SetupError for another key */
export function sealKit(folder: string, keyFile: string | null): void {
  const key = keyFile === null ? null : privateKeyIn(keyFile);
  for (const script of ['verify.sh', 'verify.ps1'])
    copyFileSync(join(projectRoot, 'packaging', 'kit', script), join(folder, script));
  if (key !== null)
    writeFileSync(join(folder, 'signing-key.pub.pem'), createPublicKey(key).export({ type: 'spki', format: 'pem' }));
  const files = filesOf(folder).filter((path) => path !== LIST && path !== `${LIST}.sig`);
  const list = files.map((path) => `${sha256Of(join(folder, path))}  ${path}\n`).join('');
  writeFileSync(join(folder, LIST), list);
  if (key !== null) writeFileSync(join(folder, `${LIST}.sig`), sign('sha256', Buffer.from(list), key));
}

function privateKeyIn(keyFile: string): KeyObject {
  const key = createPrivateKey(readFileSync(keyFile));
  if (key.asymmetricKeyType !== 'rsa' || key.asymmetricKeyDetails?.modulusLength !== MODULUS_BITS)
    throw new SetupError(
      `${keyFile} is no RSA key of ${MODULUS_BITS} bits. Make one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:${MODULUS_BITS} -out key.pem`,
    );
  return key;
}

/** Paths below the folder with forward slashes, in a fixed order. */
function filesOf(folder: string): readonly string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
}

const sha256Of = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
