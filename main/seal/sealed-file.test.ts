import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { keyOfFile, readBeginning, readStored, type StoredFile, seal, sizeOfStored } from './sealed-file.ts';

const MEBIBYTE = 1 << 20;
const DATA_KEY = new Uint8Array(32).fill(7);

async function sealed(plain: Uint8Array): Promise<StoredFile> {
  const path = join(freshFolder(), 'file.sealed');
  const chunks: Uint8Array[] = [];
  for await (const chunk of seal([plain], DATA_KEY)) chunks.push(chunk);
  writeFileSync(path, Buffer.concat(chunks));
  return { path, fileKey: keyOfFile(path, DATA_KEY) };
}

const bytes = (count: number) => Uint8Array.from({ length: count }, (_, index) => (index * 31 + (index >> 8)) % 251);

it.each([0, 1, 16, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 3 * MEBIBYTE])('gives %i bytes back', async (count) => {
  const plain = bytes(count);
  const file = await sealed(plain);
  expect(sizeOfStored(file)).toBe(count);
  expect(readStored(file).equals(plain)).toBe(true);
  expect(readBeginning(file, 100).equals(plain.subarray(0, 100))).toBe(true);
});

it('shows nothing of what is in it, and never the same twice', async () => {
  const plain = Buffer.from('FICTIONAL^PATIENT '.repeat(100));
  const [one, other] = [await sealed(plain), await sealed(plain)].map(({ path }) => readFileSync(path));
  expect(one?.includes('FICTIONAL')).toBe(false);
  expect(one?.subarray(44).equals(other?.subarray(44) ?? Buffer.alloc(0))).toBe(false);
});

it('notices a bit that was changed, chunks that were exchanged, and an end that was cut off', async () => {
  const file = await sealed(bytes(2 * MEBIBYTE + 10));
  const whole = readFileSync(file.path);
  const chunk = (place: number) => whole.subarray(44 + place * (MEBIBYTE + 16), 44 + (place + 1) * (MEBIBYTE + 16));
  const changed = Buffer.from(whole);
  changed.writeUInt8(changed.readUInt8(100) ^ 1, 100);
  const wrong = {
    changed,
    exchanged: Buffer.concat([whole.subarray(0, 44), chunk(1), chunk(0), chunk(2)]),
    cutAtChunk: whole.subarray(0, 44 + 2 * (MEBIBYTE + 16)),
    cutInside: whole.subarray(0, whole.length - 5),
    header: whole.subarray(0, 44),
  };
  for (const [how, content] of Object.entries(wrong)) {
    writeFileSync(file.path, content);
    expect(() => readStored(file), how).toThrowError(expect.objectContaining({ code: 'bad-file', path: file.path }));
  }
});

it('does not open with the key of another file', async () => {
  const [one, other] = [await sealed(bytes(50)), await sealed(bytes(50))];
  expect(() => readStored({ path: one.path, fileKey: other.fileKey })).toThrowError(/cannot be decrypted/);
});
