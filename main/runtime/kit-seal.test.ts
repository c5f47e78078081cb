import { spawnSync } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from './command.ts';
import { isOnPath } from './debian.ts';
import { sealKit } from './kit-seal.ts';

const canVerify = isOnPath('openssl') && isOnPath('sha256sum');
const rsaKeys = () => generateKeyPairSync('rsa', { modulusLength: 3072 });
const [ours, other] = [rsaKeys(), rsaKeys()];

describe.runIf(canVerify)('a sealed kit, by its own script (needs sh, sha256sum, openssl)', () => {
  let base: string;
  let kit: string;
  let model: string;
  const keyFile = (name: string, key: KeyObject) => {
    const path = join(base, name);
    writeFileSync(path, key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }));
    return path;
  };
  /** Runs the kit's script from the folder that holds the kit; `tools` names all that is on the PATH then. */
  const verify = (args: readonly string[] = [], tools?: readonly string[]) => {
    const { status, stdout } = spawnSync('/bin/sh', [join(kit, 'verify.sh'), ...args], {
      encoding: 'utf8',
      cwd: base,
      env: { PATH: tools === undefined ? process.env.PATH : onlyTools(tools) },
    });
    return { status, says: stdout };
  };
  const onlyTools = (names: readonly string[]) => {
    const folder = mkdtempSync(join(base, 'tools-'));
    for (const name of names) symlinkSync(placeOf(name), join(folder, name));
    return folder;
  };

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'mediclip-kit-'));
    kit = join(base, 'a kit');
    mkdirSync(join(kit, 'packs'), { recursive: true });
    model = join(kit, 'packs', 'a model.mclip');
    writeFileSync(model, 'weights');
    keyFile('ours.pub.pem', ours.publicKey);
    keyFile('other.pub.pem', other.publicKey);
    sealKit(kit, keyFile('ours.pem', ours.privateKey));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  it('is found whole, and signed by the key that was asked for, wherever the person stands', () => {
    expect(verify()).toMatchObject({ status: 0, says: expect.stringContaining('this key came with the folder') });
    const fingerprint = createHash('sha256')
      .update(ours.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    for (const path of ['ours.pub.pem', './ours.pub.pem', join(base, 'ours.pub.pem')]) {
      const { status, says } = verify([path]);
      expect(status, says).toBe(0);
      expect(says).toContain(fingerprint);
      expect(says).not.toContain('came with the folder');
    }
    expect(verify(['other.pub.pem'])).toMatchObject({ status: 1, says: expect.stringContaining('not of the key') });
  });

  it('shows a changed file and a missing one', () => {
    appendFileSync(model, '!');
    expect(verify()).toMatchObject({
      status: 1,
      says: expect.stringContaining('packs/a model.mclip is not the file that was packed'),
    });
    rmSync(model);
    expect(verify()).toMatchObject({ status: 1, says: expect.stringContaining('packs/a model.mclip is missing') });
    writeFileSync(model, 'weights');
    expect(verify().status).toBe(0);
    rmSync(join(kit, 'SHA256SUMS'));
    expect(verify()).toMatchObject({ status: 1, says: expect.stringContaining('list of files') });
  });

  it.each(['autorun.inf', '.hidden', 'packs/SHA256SUMS'])('shows %s, which was added', (path) => {
    writeFileSync(join(kit, path), '');
    expect(verify()).toMatchObject({ status: 1, says: expect.stringContaining(`not packed:\n${path}`) });
  });

  it('shows links, added or in the place of a file', () => {
    symlinkSync('/etc', join(kit, 'guides'));
    expect(verify()).toMatchObject({ status: 1, says: expect.stringContaining('./guides') });
    rmSync(join(kit, 'guides'));
    writeFileSync(join(base, 'same'), 'weights');
    rmSync(model);
    symlinkSync(join(base, 'same'), model);
    expect(verify()).toMatchObject({ status: 1, says: expect.stringContaining('./packs/a model.mclip') });
  });

  it('shows a list that was made to fit a changed file, and a signature that was cut or taken away', () => {
    const hash = () => createHash('sha256').update(readFileSync(model)).digest('hex');
    const before = hash();
    appendFileSync(model, '!');
    const list = join(kit, 'SHA256SUMS');
    writeFileSync(list, readFileSync(list, 'utf8').replace(before, hash()));
    expect(verify(['ours.pub.pem'])).toMatchObject({ status: 1, says: expect.stringContaining('signature') });
    truncateSync(join(kit, 'SHA256SUMS.sig'), 100);
    expect(verify(['ours.pub.pem'])).toMatchObject({ status: 1, says: expect.stringContaining('signature') });
    rmSync(join(kit, 'SHA256SUMS.sig'));
    expect(verify(['ours.pub.pem'])).toMatchObject({ status: 1, says: expect.stringContaining('not signed') });
  });

  it('says that it cannot check, not that something is wrong, where a tool or a key is missing', () => {
    const plain = ['dirname', 'find', 'sed', 'grep', 'cut'];
    for (const args of [[], ['ours.pub.pem']])
      expect(verify(args, [...plain, 'sha256sum'])).toMatchObject({
        status: 2,
        says: expect.stringMatching(
          /Every file is as it was packed\.\nCANNOT CHECK: the signature, for want of openssl/,
        ),
      });
    expect(verify([], plain)).toMatchObject({ status: 2, says: expect.stringContaining('CANNOT CHECK') });
    expect(verify(['ours.pub.pem'], [...plain, 'openssl'])).toMatchObject({ status: 0 });
    expect(verify(['nowhere.pem'])).toMatchObject({ status: 2, says: expect.stringContaining('nowhere.pem') });
    writeFileSync(join(base, 'no-key.pem'), 'no key');
    expect(verify(['no-key.pem'])).toMatchObject({ status: 2, says: expect.stringContaining('no RSA public key') });
    appendFileSync(model, '!');
    expect(verify([], [...plain, 'sha256sum'])).toMatchObject({ status: 1 });
  });

  it('refuses a key that Windows or an old openssl could not verify with', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    expect(() => sealKit(kit, keyFile('ed25519.pem', privateKey))).toThrow(/no RSA key of 3072 bits/);
  });
});

it('the script for Windows takes the public key apart where its modulus and exponent are', () => {
  const script = readFileSync(join(projectRoot, 'packaging', 'kit', 'verify.ps1'), 'utf8');
  const bytesNamed = (name: string) => script.match(new RegExp(`\\$${name} = "([0-9A-F]+)"`))?.[1] ?? '';
  const [, first, last] = script.match(/\$der\[(\d+)\.\.(\d+)\]/) ?? [];
  const der = ours.publicKey.export({ type: 'spki', format: 'der' });
  const hex = der.toString('hex').toUpperCase();
  expect(hex).toBe(
    bytesNamed('before') +
      der
        .subarray(Number(first), Number(last) + 1)
        .toString('hex')
        .toUpperCase() +
      bytesNamed('after'),
  );
  expect(script).toContain(`$der.Length -ne ${der.length}`);
  const modulus = der.subarray(Number(first), Number(last) + 1).toString('base64url');
  expect(createPublicKey({ key: { kty: 'RSA', n: modulus, e: 'AQAB' }, format: 'jwk' }).equals(ours.publicKey)).toBe(
    true,
  );
});

function placeOf(tool: string): string {
  const folder = (process.env.PATH ?? '').split(delimiter).find((place) => existsSync(join(place, tool)));
  if (folder === undefined) throw new Error(`${tool} is not on the PATH`);
  return join(folder, tool);
}
