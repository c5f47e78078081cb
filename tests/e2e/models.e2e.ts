/** Models in the window: out as one file, in again, verified, damaged, removed; and checkpoints of other makers. */
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '../../main/runtime/command.ts';
import { answerOpenDialog, answerSaveDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';

describe('models in the window', () => {
  let station: WorkstationPages;

  beforeAll(async () => {
    station = await openWorkstation();
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(() => station?.close());

  test('the application brings models of its own, which stay', async () => {
    const { models } = station;
    await models.open();
    expect(await models.card('embedded').isVisible()).toBe(true);
    expect(await models.card('embedded').getByTestId('remove-model').count()).toBe(0);
  });

  test('a model travels as one file and is imported under another name', async () => {
    const { app, models, jobs, dataDir } = station;
    const file = join(dataDir, 'travel.mclip');
    await answerSaveDialog(app, file);
    await models.export('embedded');
    await jobs.waitFor('model', 'done');
    await jobs.close();
    await answerOpenDialog(app, [file]);
    await models.import('file', 'copy');
    await models.card('copy').waitFor();
    const hash = (name: string) => textOf(models.card(name).locator('.hash'));
    expect(await hash('copy')).toBe(await hash('embedded'));
  });

  test('a checkpoint whose hash is not a published one is called unknown', async () => {
    const { app, models } = station;
    await answerOpenDialog(app, [join(projectRoot, 'tests/golden/micro/hf')]);
    await models.import('folder', 'micro');
    await models.card('micro').waitFor();
    expect(await models.standing('micro')).toContain('Unknown weights');
    await station.window.screenshot({ path: testResult('models.png') });
    const { violations } = await new AxeBuilder({ page: station.window as never }).setLegacyMode().analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  test('a folder that is no CLIP is refused with what was found in it', async () => {
    const { app, models, jobs, dataDir } = station;
    const folder = join(dataDir, 'bert');
    mkdirSync(folder);
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: 'bert', hidden_size: 8 }));
    await answerOpenDialog(app, [folder]);
    await models.import('folder');
    const job = await jobs.waitFor('model', 'failed');
    expect(await textOf(job)).toContain('bert');
    await jobs.close();
    await jobs.dismissFaults();
  });

  test('a flipped byte is refused by name', async () => {
    const { models, jobs, dataDir } = station;
    const pack = findPack(dataDir, 'copy');
    appendFileSync(join(pack, 'vocab.json'), ' ');
    await models.verify('copy');
    const job = await jobs.waitFor('model', 'failed');
    expect(await textOf(job)).toContain('vocab.json');
    await jobs.close();
    await jobs.dismissFaults();
  });

  test('an imported model is removed after a question', async () => {
    await station.models.remove('micro');
    expect(station.pageErrors).toEqual([]);
  });
});

/** The folder of an imported pack below the data folder. */
function findPack(dataDir: string, name: string): string {
  const found = readdirSync(dataDir, { recursive: true, withFileTypes: true }).find(
    (entry) => entry.isDirectory() && entry.name === name,
  );
  if (!found) throw new Error(`There is no pack ${name}.`);
  return join(found.parentPath, found.name);
}
