import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDicomdir } from './dicomdir.ts';
import { dicomFile, type Element, imageElements } from './samples.ts';
import { type CollectedFile, type ExpandOptions, expandContainer, type ListedFile, listFiles } from './sources.ts';
import { listZip, ZIP_LIMITS } from './zip.ts';

let folder: string;
let scratch: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mediclip-sources-'));
  scratch = join(folder, '.scratch');
  mkdirSync(scratch);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const image = dicomFile(imageElements());

function store(name: string, bytes: Uint8Array | string = image): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

async function list(...paths: string[]): Promise<ListedFile[]> {
  const found: ListedFile[] = [];
  for await (const entry of listFiles(paths)) found.push(entry);
  return found;
}

async function expand(path: string, options: ExpandOptions = { scratch }): Promise<CollectedFile[]> {
  const found: CollectedFile[] = [];
  for await (const entry of expandContainer(path, options)) found.push(entry);
  return found;
}

const labels = (found: readonly { readonly label: string }[]) =>
  found.map(({ label }) => label.slice(folder.length + 1));

/** A DICOMDIR that refers to files by their components. */
function dicomdir(...references: string[][]): Uint8Array {
  const records = references.map((components): Element[] => [
    [0x00041410, 'US', 0xffff],
    [0x00041430, 'CS', 'IMAGE'],
    [0x00041500, 'CS', components.join('\\')],
    [0x00041511, 'UI', '2.25.9'],
  ]);
  return dicomFile([[0x00041220, 'SQ', records]]);
}

describe('paths', () => {
  it('lead through folders in the order of names, numbers by value', async () => {
    store('study/10.dcm');
    store('study/9.dcm');
    store('study/b/1.dcm');
    store('study/a/1.dcm');
    const found = await list(join(folder, 'study'));
    expect(labels(found)).toEqual(['study/9.dcm', 'study/10.dcm', 'study/a/1.dcm', 'study/b/1.dcm']);
    expect(found[2]).toMatchObject({ kind: 'file', name: '1.dcm', group: join(folder, 'study/a') });
  });

  it('keep their order, and one that is not there stops no other', async () => {
    const found = await list(store('z.dcm'), join(folder, 'missing'), store('a.dcm'));
    expect(labels(found)).toEqual(['z.dcm', 'missing', 'a.dcm']);
    expect(found[1]).toMatchObject({ kind: 'skipped', fault: { code: 'not-found' } });
  });

  it('do not run in circles along symbolic links', async () => {
    store('study/1.dcm');
    symlinkSync(join(folder, 'study'), join(folder, 'study/again'));
    symlinkSync(join(folder, 'study/1.dcm'), join(folder, 'study/2.dcm'));
    expect(labels(await list(join(folder, 'study')))).toEqual(['study/1.dcm', 'study/2.dcm']);
  });

  it('are no longer followed when cancelled', async () => {
    for (let i = 0; i < 5; i += 1) store(`study/${i}.dcm`);
    const controller = new AbortController();
    const taken: string[] = [];
    const run = async () => {
      for await (const { label } of listFiles([join(folder, 'study')], controller.signal)) {
        taken.push(label);
        if (taken.length === 2) controller.abort();
      }
    };
    await expect(run()).rejects.toMatchObject({ code: 'cancelled' });
    expect(taken).toHaveLength(2);
  });
});

describe('DICOMDIR', () => {
  it('yields what it refers to, in its order, and names what is missing', async () => {
    store('disc/IMAGES/B');
    store('disc/IMAGES/A');
    const index = store('disc/DICOMDIR', dicomdir(['IMAGES', 'B'], ['IMAGES', 'LOST'], ['IMAGES', 'A']));
    const found = await expand(index);
    expect(found.map(({ kind }) => kind)).toEqual(['file', 'skipped', 'file']);
    expect(found[0]?.label).toBe(join(folder, 'disc/IMAGES/B'));
    expect(found[1]).toMatchObject({ fault: { code: 'not-found', message: expect.stringContaining('LOST') } });
  });

  it('finds files whose names a disc shows in another form', async () => {
    store('disc/images/im0001.;1');
    const index = store('disc/DICOMDIR', dicomdir(['IMAGES', 'IM0001']));
    expect((await readDicomdir(index))[0]?.path).toBe(join(folder, 'disc/images/im0001.;1'));
  });

  it('never leaves its folder', async () => {
    store('secret.dcm');
    symlinkSync(folder, join(folder, 'link'));
    mkdirSync(join(folder, 'disc'));
    symlinkSync(join(folder, 'secret.dcm'), join(folder, 'disc/LEAK'));
    const index = store('disc/DICOMDIR', dicomdir(['..', 'secret.dcm'], ['../secret.dcm'], ['/etc/passwd'], ['LEAK']));
    expect((await readDicomdir(index)).map(({ path }) => path)).toEqual([null, null, null, null]);
  });
});

describe('zip archives', () => {
  it('are unpacked in the order of names, under names of our own', async () => {
    const zip = store('send.zip', zipSync({ 'ct/10.dcm': image, 'ct/9.dcm': image, '../../evil.dcm': image }));
    const found = await expand(zip);
    expect(labels(found)).toEqual(['send.zip/../../evil.dcm', 'send.zip/ct/9.dcm', 'send.zip/ct/10.dcm']);
    expect(found[1]).toMatchObject({ name: '9.dcm', group: `${zip}/ct` });
    for (const entry of found) {
      expect(entry.kind === 'file' && entry.path.startsWith(scratch)).toBe(true);
      expect(entry.kind === 'file' && readFileSync(entry.path).equals(image)).toBe(true);
    }
    expect(existsSync(join(folder, '../evil.dcm'))).toBe(false);
  });

  it('are listed without unpacking', async () => {
    const zip = store('send.zip', zipSync({ 'a.dcm': image, 'b/': new Uint8Array(), 'c.txt': Buffer.from('hello') }));
    expect(await listZip(zip)).toEqual([
      { name: 'a.dcm', size: image.length },
      { name: 'c.txt', size: 5 },
    ]);
  });

  it('beyond the limits are refused before anything is written', async () => {
    const bomb = store('bomb.zip', zipSync({ a: new Uint8Array(5_000_000), b: new Uint8Array(5_000_000) }));
    for (const limits of [
      { ...ZIP_LIMITS, maxEntries: 1 },
      { ...ZIP_LIMITS, maxEntryBytes: 1_000_000 },
      { ...ZIP_LIMITS, maxTotalBytes: 6_000_000 },
    ]) {
      await expect(expand(bomb, { scratch, zipLimits: limits })).rejects.toMatchObject({ code: 'bad-file' });
    }
    expect(existsSync(join(scratch, 'archive-1'))).toBe(false);
  });

  it('that lie about sizes yield a problem, not more bytes', async () => {
    const bytes = Buffer.from(zipSync({ a: new Uint8Array(100_000), b: image }));
    const directory = bytes.lastIndexOf(
      Buffer.from('PK\x01\x02', 'latin1'),
      bytes.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1')) - 1,
    );
    bytes.writeUInt32LE(10, directory + 24); // the first entry now claims to unpack to 10 bytes
    const found = await expand(store('liar.zip', bytes));
    expect(found.map(({ kind }) => kind)).toEqual(['skipped', 'file']);
  });

  it('that are damaged are refused with a sentence', async () => {
    const bytes = zipSync({ 'a.dcm': image });
    await expect(expand(store('cut.zip', bytes.subarray(0, bytes.length - 30)))).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('damaged'),
    });
  });
});
