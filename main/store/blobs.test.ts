import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { blobPath, bytesToFloats, floatsToBytes, putBytes, putFile, readBlob, verifyBlob } from './blobs.ts';
import { type DataFolder, openDataFolder } from './folder.ts';

const storedNames = (folder: DataFolder) => readdirSync(folder.blobs, { recursive: true });

describe('files by content', () => {
  it('lie under their SHA-256, once, with nothing left beside them', async () => {
    const folder = openDataFolder(freshFolder());
    const source = join(freshFolder(), 'a');
    writeFileSync(source, 'abc');
    const blob = await putFile(folder, source);
    // FIPS 180-2, appendix B.1
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(blob).toEqual({ sha256, bytes: 3 });
    expect(await putBytes(folder, Buffer.from('abc'))).toEqual(blob);
    expect(storedNames(folder)).toEqual(['ba', join('ba', sha256)]);
    expect(readdirSync(folder.temporary)).toEqual([]);
    expect((await readBlob(folder, sha256)).toString()).toBe('abc');
  });

  it('are checked when read', async () => {
    const folder = openDataFolder(freshFolder());
    const { sha256 } = await putBytes(folder, Buffer.from('abc'));
    await verifyBlob(folder, sha256);
    writeFileSync(blobPath(folder, sha256), 'abd');
    await expect(readBlob(folder, sha256)).rejects.toMatchObject({ code: 'bad-file' });
    await expect(verifyBlob(folder, sha256)).rejects.toMatchObject({ code: 'bad-file' });
    await expect(readBlob(folder, '0'.repeat(64))).rejects.toMatchObject({ code: 'bad-file' });
  });

  it('leave nothing behind when cancelled, when the source is gone, or when the name is no hash', async () => {
    const folder = openDataFolder(freshFolder());
    const source = join(freshFolder(), 'large');
    writeFileSync(source, Buffer.alloc(3 << 20));
    const cancelled = new AbortController();
    cancelled.abort();
    await expect(putFile(folder, source, cancelled.signal)).rejects.toMatchObject({ code: 'cancelled' });
    await expect(putFile(folder, `${source}-gone`)).rejects.toMatchObject({ code: 'not-found' });
    expect(() => blobPath(folder, '../../etc/passwd')).toThrow();
    expect(storedNames(folder)).toEqual([]);
    expect(readdirSync(folder.temporary)).toEqual([]);
  });

  // Linux offers a device that is always full; a temporary folder on it cannot be made, a file can be linked to it.
  it.runIf(existsSync('/dev/full'))('name a full disk', async () => {
    const { open } = await import('node:fs/promises');
    const full = await open('/dev/full', 'w');
    const thrown = await full.write(Buffer.alloc(10)).catch((error: unknown) => error);
    await full.close();
    const { Fault } = await import('../fault.ts');
    expect(Fault.from(thrown)).toMatchObject({ code: 'disk-full' });
  });
});

describe('maps as bytes', () => {
  it('come back equal from bytes at an odd offset', () => {
    const values = new Float32Array([0.25, -1, 3e-8]);
    const shifted = Buffer.concat([Buffer.from([0]), floatsToBytes(values)]).subarray(1);
    expect(bytesToFloats(shifted)).toEqual(values);
  });
});
