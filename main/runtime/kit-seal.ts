/** Seals a folder: a SHA-256 list of its files, a detached signature of the list, and scripts that verify both. */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, SetupError } from './command.ts';

const LIST = 'SHA256SUMS';

/** `keyFile` is an Ed25519 private key as PEM; null leaves the folder unsigned. @throws SetupError for another key */
export function sealKit(folder: string, keyFile: string | null): void {
  const key = keyFile === null ? null : createPrivateKey(readFileSync(keyFile));
  if (key !== null && key.asymmetricKeyType !== 'ed25519')
    throw new SetupError(`${keyFile} is no Ed25519 key. Make one: openssl genpkey -algorithm ed25519 -out key.pem`);
  for (const script of ['verify.sh', 'verify.ps1'])
    copyFileSync(join(projectRoot, 'packaging', 'kit', script), join(folder, script));
  if (key !== null)
    writeFileSync(join(folder, 'signing-key.pub.pem'), createPublicKey(key).export({ type: 'spki', format: 'pem' }));
  const files = filesOf(folder).filter((path) => path !== LIST && path !== `${LIST}.sig`);
  const list = files.map((path) => `${sha256Of(join(folder, path))}  ${path}\n`).join('');
  writeFileSync(join(folder, LIST), list);
  if (key !== null) writeFileSync(join(folder, `${LIST}.sig`), sign(null, Buffer.from(list), key));
}

/** Paths below the folder with forward slashes, in a fixed order. */
function filesOf(folder: string): readonly string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
}

const sha256Of = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
