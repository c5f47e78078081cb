import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { dicomFile, type Element, imageElements } from '../imaging/samples.ts';
import { runInProcess } from '../process/in-process.ts';
import { readerHandlers } from '../reader/handlers.ts';
import { withPictures } from './pictures.ts';

const reader = runInProcess(readerHandlers);
const image = (number: number) => dicomFile(imageElements([[0x00080018, 'UI', `2.25.${number}`]]));

/** A disc of two images whose index names one of them and one that is lost; beside it an archive and a text. */
function folderOfMany(): string {
  const folder = freshFolder();
  mkdirSync(join(folder, 'disc'));
  const records = ['A', 'LOST'].map((name): Element[] => [
    [0x00041430, 'CS', 'IMAGE'],
    [0x00041500, 'CS', name],
  ]);
  writeFileSync(join(folder, 'disc', 'DICOMDIR'), dicomFile([[0x00041220, 'SQ', records]]));
  writeFileSync(join(folder, 'disc', 'A'), image(1));
  writeFileSync(join(folder, 'disc', 'UNLISTED'), image(2));
  writeFileSync(
    join(folder, 'more.zip'),
    zipSync({ 'x/3.dcm': image(3), 'inner.zip': zipSync({ '4.dcm': image(4) }) }),
  );
  writeFileSync(join(folder, 'notes.txt'), 'these are words');
  return folder;
}

/** Labels below the folder: of the pictures, and of what was left out. */
async function found(folder: string, ...paths: string[]): Promise<{ pictures: string[]; skipped: string[] }> {
  const skipped: string[] = [];
  const below = (label: string) => label.slice(folder.length + 1);
  const search = { signal: new AbortController().signal, onSkipped: (label: string) => skipped.push(below(label)) };
  const pictures = await withPictures({ reader }, paths, search, async (all) => all.map(({ label }) => below(label)));
  return { pictures, skipped };
}

describe('pictures behind paths', () => {
  it('are those of a folder, with what its archives hold; the rest is left out by name', async () => {
    const folder = folderOfMany();
    expect(await found(folder, folder)).toEqual({
      pictures: ['disc/A', 'disc/UNLISTED', 'more.zip/x/3.dcm'],
      skipped: ['notes.txt', 'more.zip/inner.zip'],
    });
  });

  it('are those that the index of a disc names', async () => {
    const folder = folderOfMany();
    const { pictures, skipped } = await found(folder, join(folder, 'disc', 'DICOMDIR'));
    expect(pictures).toEqual(['disc/A']);
    expect(skipped).toHaveLength(1);
  });

  it('must be there where a file is named itself', async () => {
    const folder = folderOfMany();
    const path = join(folder, 'notes.txt');
    await expect(found(folder, path)).rejects.toMatchObject({ code: 'bad-file', path });
  });
});
