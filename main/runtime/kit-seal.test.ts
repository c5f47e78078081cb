import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isOnPath } from './debian.ts';
import { sealKit } from './kit-seal.ts';

const canVerify = isOnPath('openssl') && isOnPath('sha256sum');

describe.runIf(canVerify)('a sealed kit, by its own script (needs sh, sha256sum, openssl)', () => {
  let base: string;
  let kit: string;
  const openssl = (...args: string[]) => spawnSync('openssl', args, { cwd: base });
  const verify = (...args: string[]) => {
    const { status, stdout } = spawnSync('sh', [join(kit, 'verify.sh'), ...args], { encoding: 'utf8' });
    return { status, says: stdout };
  };

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'mediclip-kit-'));
    kit = join(base, 'kit');
    mkdirSync(join(kit, 'packs'), { recursive: true });
    writeFileSync(join(kit, 'packs', 'a model.mclip'), 'weights');
    for (const name of ['ours', 'other']) {
      openssl('genpkey', '-algorithm', 'ed25519', '-out', `${name}.pem`);
      openssl('pkey', '-in', `${name}.pem`, '-pubout', '-out', `${name}.pub.pem`);
    }
    sealKit(kit, join(base, 'ours.pem'));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  it('is found whole, and signed by the key that was asked for', () => {
    expect(verify()).toMatchObject({ status: 0, says: expect.stringContaining('Compare the fingerprint') });
    expect(verify(join(base, 'ours.pub.pem'))).toMatchObject({
      status: 0,
      says: expect.stringContaining('Signed with'),
    });
    expect(verify(join(base, 'other.pub.pem'))).toMatchObject({
      status: 1,
      says: expect.stringContaining('not of this key'),
    });
  });

  it('shows a changed file, a missing one, and one that was added', () => {
    appendFileSync(join(kit, 'packs', 'a model.mclip'), '!');
    expect(verify()).toMatchObject({ status: 1, says: expect.stringContaining('not the one that was packed') });
    rmSync(join(kit, 'packs', 'a model.mclip'));
    expect(verify().status).toBe(1);
    writeFileSync(join(kit, 'packs', 'a model.mclip'), 'weights');
    expect(verify().status).toBe(0);
    writeFileSync(join(kit, 'autorun.inf'), '');
    expect(verify()).toMatchObject({ status: 1, says: expect.stringContaining('not packed') });
  });

  it('shows a list that was made to fit a changed file', () => {
    const file = join(kit, 'packs', 'a model.mclip');
    const hash = () => createHash('sha256').update(readFileSync(file)).digest('hex');
    const before = hash();
    appendFileSync(file, '!');
    const list = join(kit, 'SHA256SUMS');
    writeFileSync(list, readFileSync(list, 'utf8').replace(before, hash()));
    expect(verify(join(base, 'ours.pub.pem'))).toMatchObject({ status: 1, says: expect.stringContaining('signature') });
    rmSync(join(kit, 'SHA256SUMS.sig'));
    expect(verify(join(base, 'ours.pub.pem'))).toMatchObject({
      status: 1,
      says: expect.stringContaining('not signed'),
    });
  });

  it('refuses a key of another kind', () => {
    openssl('genpkey', '-algorithm', 'rsa', '-out', 'rsa.pem');
    expect(() => sealKit(kit, join(base, 'rsa.pem'))).toThrow(/no Ed25519 key/);
  });
});
