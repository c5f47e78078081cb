import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { importOutcomes } from '../../tests/conformance/import-outcomes.ts';
import { openImage } from '../imaging/pixels.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, '../shared/data/dicom');

/** Why a file whose pixels can be read is left out all the same. */
const ELSEWHERE = [
  'Another image with the same SOP Instance UID is stored already; the first one stays.',
  'The images that this result belongs to are not in the store. Import them first.',
  'Its study is stored already and belongs to a patient with another ID.',
];

describe.skipIf(!existsSync(folder))('the import of all development files', () => {
  let outcomes: ReadonlyMap<string, string>;
  beforeAll(async () => {
    const data = mkdtempSync(join(tmpdir(), 'mediclip-test-'));
    outcomes = await importOutcomes(folder, data).finally(() => rmSync(data, { recursive: true, force: true }));
  }, 120_000);

  it('takes every file whose pixels can be read, unless its image is here already', { timeout: 120_000 }, async () => {
    const lost: string[] = [];
    for (const [file, outcome] of outcomes) {
      if (!outcome.startsWith('left out: ')) continue;
      const readable = await openImage(join(folder, file))
        .then((image) => image.decode(0))
        .catch(() => null);
      if (readable && !ELSEWHERE.includes(outcome.slice('left out: '.length))) lost.push(`${file}: ${outcome}`);
    }
    expect(lost).toEqual([]);
  });

  it('is what docs/dicom-files.md says', () => {
    const rows = readFileSync(join(root, 'docs/dicom-files.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.startsWith('| file |'))
      .map((line) => line.slice(2, -2).split(' | '));
    const written = new Map(rows.map((cells) => [cells[0], cells.at(-1)?.replaceAll('\\|', '|')]));
    expect(written).toEqual(new Map([...outcomes]));
  });
});
