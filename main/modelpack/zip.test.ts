import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '../fault.ts';
import { openZip, writeZip } from './zip.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zip-'));
  path = join(folder, 'archive.zip');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const long = strToU8('anomaly '.repeat(5000));

async function readAll(): Promise<Record<string, Uint8Array>> {
  const zip = await openZip(path);
  try {
    const contents: Record<string, Uint8Array> = {};
    for (const entry of zip.entries.values()) contents[entry.name] = await zip.read(entry);
    return contents;
  } finally {
    await zip.close();
  }
}

async function rejection(promise: Promise<unknown>): Promise<Fault> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(Fault);
  return thrown as Fault;
}

test("another program's archive is read: stored, deflated, with a comment at its end", async () => {
  const contents = { 'a.txt': strToU8('short'), 'deep/b.txt': long, empty: new Uint8Array(0) };
  const zip = zipSync({ ...contents, 'a.txt': [contents['a.txt'], { level: 0 }] });
  const comment = strToU8('PK is also text');
  const withComment = Uint8Array.of(...zip, ...comment);
  withComment[zip.length - 2] = comment.length;
  await writeFile(path, withComment);
  expect(await readAll()).toEqual(contents);
});

describe('an archive of ours', () => {
  beforeEach(async () => {
    await writeFile(join(folder, 'one'), long);
    await writeFile(join(folder, 'two'), '');
    await writeZip(path, [
      { name: 'long.txt', path: join(folder, 'one') },
      { name: 'größe', path: join(folder, 'two') },
    ]);
  });

  test('is read by ourselves and by another program, Zip64 fields and all', async () => {
    const contents = { 'long.txt': long, größe: new Uint8Array(0) };
    expect(await readAll()).toEqual(contents);
    expect(unzipSync(await readFile(path))).toEqual(contents);
  });

  test('comes in pieces that add up', async () => {
    const zip = await openZip(path);
    const entry = zip.entries.get('long.txt');
    if (entry === undefined) throw new Error('no entry');
    const pieces: Uint8Array[] = [];
    for await (const piece of zip.stream(entry, 1000)) pieces.push(piece);
    expect(pieces).toHaveLength(40);
    expect(new Uint8Array(Buffer.concat(pieces))).toEqual(long);
    await zip.close();
  });

  test('never overwrites a file', async () => {
    await expect(writeZip(path, [])).rejects.toBeInstanceOf(Fault);
  });

  test('cut anywhere is refused; a flipped bit is refused or without effect', async () => {
    const whole = await readFile(path);
    for (let length = 0; length < whole.length; length += 97) {
      await writeFile(path, whole.subarray(0, length));
      expect((await rejection(readAll())).code).toBe('bad-model');
    }
    // The last 400 bytes hold the directory and all end records.
    for (let position = whole.length - 400; position < whole.length; position++) {
      const flipped = Buffer.from(whole);
      flipped[position] ^= 1 << (position % 8);
      await writeFile(path, flipped);
      await readAll().catch((thrown: unknown) => {
        expect(thrown).toBeInstanceOf(Fault);
        expect((thrown as Fault).message).toContain(path);
      });
    }
  });
});

test('an entry that claims to be larger than any text of a model is not inflated', async () => {
  const zip = zipSync({ bomb: new Uint8Array(80 * 1024 * 1024) });
  await writeFile(path, zip);
  expect((await rejection(readAll())).message).toContain('bomb');
  const lying = zipSync({ bomb: new Uint8Array(70 * 1024 * 1024) });
  const view = new DataView(lying.buffer);
  const directory = view.getUint32(lying.length - 6, true);
  view.setUint32(directory + 24, 10, true); // says that it has ten bytes
  await writeFile(path, lying);
  expect((await rejection(readAll())).code).toBe('bad-model');
});

test('something else is no archive', async () => {
  await writeFile(path, 'not a zip');
  expect((await rejection(openZip(path))).message).toContain('end of the archive is missing');
  expect((await rejection(openZip(join(folder, 'none')))).code).toBe('not-found');
});
