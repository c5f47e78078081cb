/** The window in German: longer words than the English ones, and they fit everywhere, also at 200% zoom. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '../../main/runtime/command.ts';
import { freshFolder, runCli } from '../support/launch.ts';
import { overflowing } from '../support/overflow.ts';
import { askFor } from '../support/pages/bridge.ts';
import { typeDay } from '../support/pages/day.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';
import { VaultPage } from '../support/pages/vault.ts';
import { dimseNode, isInstalled, orthancIsInstalled, runTool, startOrthanc } from '../support/peers.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

const PASSPHRASE = 'richtig pferd batterie klammer';

describe('in German', () => {
  const dataDir = freshFolder();
  let station: WorkstationPages;
  let caseUid = '';

  beforeAll(async () => {
    station = await openWorkstation({ dataDir });
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(async () => {
    await station?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('is chosen in the settings, and stays over a restart', async () => {
    const { window } = station;
    await window.getByTestId('about-button').click();
    await window.getByTestId('language').selectOption('de');
    await window.getByTestId('about').getByRole('button', { name: 'Schließen' }).click();
    await station.close();
    station = await openWorkstation({ dataDir });
    await station.window.getByRole('button', { name: 'Demostudien öffnen' }).waitFor();
  });

  test('the first start, the tour, help and settings', async () => {
    const { window } = station;
    await window.getByTestId('open-demo').waitFor();
    await fits('first-start');
    // The check itself can fail: it finds what is put wrong on purpose.
    await window.evaluate(() => {
      const button = document.querySelector<HTMLElement>('[data-testid="open-demo"]')!;
      button.style.maxWidth = '6rem';
    });
    expect(await overflowing(window)).toEqual(['wider than its button: Demostudien öffnen']);
    await window.reload();
    await window.getByTestId('start-tour').click();
    for (let step = 1; step < 5; step++) {
      await fits(`tour-${step}`);
      await window.getByTestId('tour-next').click();
    }
    await fits('tour-5');
    await window.getByTestId('tour-done').click();
    for (const screen of ['worklist', 'calibration', 'models', 'network']) {
      await window.getByTestId(`nav-${screen}`).click();
      await fits(`empty-${screen}`);
      await window.keyboard.press('F1');
      await window.getByTestId('help').waitFor();
      await fits(`help-${screen}`);
      await window.keyboard.press('Escape');
    }
    await window.getByTestId('about-button').click();
    await fits('about');
    await window.getByTestId('support-button').click();
    await window.getByTestId('support').waitFor({ timeout: 120_000 });
    await fits('support');
    await window.keyboard.press('Escape');
    await window.getByTestId('licences-button').click();
    await expect
      .poll(() => station.jobs.faults.allInnerTexts())
      .toEqual([expect.stringContaining('Dies ist kein Paket')]);
    await window.keyboard.press('Escape');
    await station.jobs.dismissFaults();
    await window.getByTestId('about-button').click();
    await asPackage(async () => {
      await window.getByTestId('licences-button').click();
      await window.getByTestId('licences').waitFor();
      await fits('licences', ['dark', 'light']);
    });
    await window.keyboard.press('Escape');
    await window.keyboard.press('Escape');
  });

  test('models and PACS', async () => {
    const { window, network, models, jobs } = station;
    await models.open();
    await window.getByTestId('import-model').click();
    await fits('import-model');
    await window.keyboard.press('Escape');
    await network.open();
    await window.getByTestId('add-node').click();
    await window.getByTestId('node-dialog').waitFor();
    await fits('node');
    await window.getByTestId('node-name').fill('zwei Wörter');
    await window.getByTestId('node-port').fill('70000');
    await window.getByTestId('save-node').click();
    await fits('node-incomplete');
    const fillIn = 'Füllen Sie dieses Feld aus.';
    const nameSays = 'Geben Sie einen Namen aus 1 bis 40 Buchstaben, Ziffern, Punkten, Binde- oder Unterstrichen ein.';
    const portSays = 'Geben Sie eine ganze Zahl von 1 bis 65535 ein.';
    expect(await window.locator('.field-says').allInnerTexts()).toEqual([nameSays, fillIn, portSays, fillIn]);
    const [name, port] = [window.getByTestId('node-name'), window.getByTestId('node-port')];
    expect(await name.evaluate((field) => field === document.activeElement)).toBe(true);
    // What a screen reader says: the sentence describes the field, and is no part of its name.
    expect(await spoken('node-name')).toEqual({ name: 'Name hier', description: nameSays, invalid: 'true' });
    await name.fill('archiv-2');
    expect(await window.locator('.field-says').allInnerTexts()).toEqual([fillIn, portSays, fillIn]);
    expect(await spoken('node-name')).toEqual({ name: 'Name hier', description: '', invalid: 'false' });
    await port.fill('104');
    await window.getByTestId('node-kind').selectOption('dicomweb');
    await fits('node-dicomweb');
    await window.getByTestId('node-url').fill('pacs.example');
    await window.getByTestId('save-node').click();
    expect(await window.locator('.field-says').allInnerTexts()).toEqual([
      'Geben Sie eine Adresse ein, die mit https:// oder http:// beginnt.',
    ]);
    await fits('node-dicomweb-incomplete');
    expect(await askFor(window, 'network.nodes')).toEqual([]);
    await window.keyboard.press('Escape');
    await network.addDimseNode({ name: 'archiv', port: 9, aeTitle: 'ARCHIV' });
    await network.startTest('archiv');
    await window.getByTestId('change-receiver').click();
    await window.getByTestId('receiver-dialog').waitFor();
    await fits('receiver');
    await window.keyboard.press('Escape');
    await fits('network');
    await jobs.dismissFaults();
  });

  test.skipIf(!orthancIsInstalled || !isInstalled('storescu'))('what a PACS has', async () => {
    const { window, network, jobs } = station;
    const orthanc = await startOrthanc();
    const archive = join(dataDir, 'archive');
    for (const number of [51, 52, 53])
      writePhantomStudy(archive, { number, slices: 3, date: `2026030${number - 50}`, lesion: 'mass' });
    writePhantomStudy(archive, { number: 54, kind: 'mr-brain' });
    await runTool('storescu', ['+sd', '+r', '-aec', 'ORTHANC', '127.0.0.1', `${orthanc.dicomPort}`, archive]);
    await network.open();
    await network.addDimseNode({ ...dimseNode(orthanc.dicomPort), name: 'radiologie-archiv' });
    await window.getByTestId('query-node').selectOption('radiologie-archiv');
    await typeDay(window.getByTestId('query-from'), '2026-03-02');
    await typeDay(window.getByTestId('query-to'), '2026-03-31');
    await window.keyboard.press('Enter'); // as from any other field
    await expect.poll(() => network.studies.count()).toBe(2);
    expect(await network.studies.first().innerText()).toMatch(/0[23]\.03\.2026/);
    await fits('query', ['dark', 'light'], window.locator('#query-title'));
    await network.studies.first().getByTestId('retrieve').click();
    await jobs.waitFor('retrieve', 'done');
    await fits('query-retrieved', ['dark', 'light'], network.studies.last());
    await jobs.close();
    await window.getByTestId('query-name').fill('niemand');
    await window.getByTestId('find-studies').click();
    await window.getByText('Keine Studie passt').waitFor();
    await fits('query-nothing');
    await network.removeNode('radiologie-archiv');
  });

  test('importing, and the worklist', async () => {
    const { app, window, worklist, jobs } = station;
    const inbox = join(dataDir, 'inbox');
    for (const number of [1, 2, 3]) writePhantomStudy(inbox, { number, slices: 4 });
    caseUid = writePhantomStudy(inbox, { number: 10, slices: 5, series: 2, lesion: 'mass' }).studyInstanceUid;
    writePhantomStudy(inbox, { number: 11, patient: 10, slices: 5, date: '20250301' });
    await sharp({ create: { width: 60, height: 40, channels: 3, background: '#805040' } })
      .png()
      .toFile(join(inbox, 'foto.png'));
    await answerOpenDialog(app, [inbox]);
    await worklist.import('folder');
    await window.getByTestId('photo-form').waitFor();
    await fits('photos');
    await worklist.tellOfPhotos('nothing');
    await jobs.waitFor('import', 'done');
    await fits('jobs');
    await jobs.close();
    await worklist.row(caseUid).waitFor();
    await fits('worklist');
    // Days in the window's order, whatever the system's is.
    expect((await window.getByTestId('filter-from').innerText()).replaceAll(/\s/g, '')).toBe('tt.mm.jjjj');
    await window.getByTestId('worklist-view').click();
    await fits('worklist-view');
    await window.keyboard.press('Escape');
    await worklist.askToRemove(caseUid);
    await fits('remove-study');
    await window.keyboard.press('Escape');
    await worklist.search.fill('nichts dergleichen');
    await window.getByTestId('clear-search').waitFor();
    await fits('worklist-nothing');
    await window.getByTestId('clear-search').click();
  });

  test('a calibration from its first step to its evidence', async () => {
    const { window, calibration } = station;
    await calibration.new();
    await calibration.goTo('scope');
    await fits('calibration-1-scope');
    await calibration.goTo('reference');
    await calibration.chooseImages('normal 1', [0, 1]);
    await fits('calibration-2-reference');
    await calibration.chooseStudies('normal');
    await calibration.check();
    await fits('calibration-3-checked');
    await calibration.saveChecked('Kopf normal');
    await calibration.goTo('preview');
    await fits('calibration-4-anomalies');
    await window.getByTestId('prompt-settings').getByText('Prompts', { exact: false }).first().click();
    await fits('calibration-4-prompts');
    await calibration.goTo('run');
    await fits('calibration-5-settings');
    await window.getByTestId('shots').fill('99');
    await window.getByTestId('seed').fill('');
    await window.getByTestId('start-calibration').click();
    expect(await window.locator('.field-says').allInnerTexts()).toEqual([
      expect.stringContaining('trainieren Sie auf höchstens'),
      'Geben Sie eine ganze Zahl von 0 bis 4294967295 ein.',
    ]);
    await fits('calibration-5-wrong');
    await window.getByTestId('seed').fill('1');
    await calibration.begin({ name: 'Kopf-CT', shots: 4, toleratedPercent: 90 });
    await calibration.training();
    await fits('calibration-6-run');
    await window.getByTestId('step-evidence-body').waitFor({ timeout: 180_000 });
    await fits('calibration-7-evidence');
    await window.getByTestId('evidence-share').fill('0');
    await window.getByTestId('evidence-share').blur();
    expect(await window.locator('.field-says').allInnerTexts()).toEqual(['Geben Sie eine Zahl von 0,1 bis 99 ein.']);
    await fits('calibration-7-wrong');
    await window.getByTestId('evidence-share').fill('90');
    await calibration.goTo('save');
    await fits('calibration-8-save');
    await window.getByTestId('save-calibration').click();
    await calibration.detail.waitFor();
    await fits('calibration');
    await window.getByTestId('export-calibration').click();
    await fits('calibration-export');
    await window.keyboard.press('Escape');
    await window.getByTestId('retire-calibration').click();
    await fits('calibration-retire');
    await window.keyboard.press('Escape');
  });

  test('reading, with everything that opens over it', async () => {
    const { window, worklist, viewer } = station;
    await worklist.open();
    await worklist.openStudy(caseUid);
    await fits('reading-before');
    await viewer.analyse();
    await viewer.goTo(viewer.findings.first());
    await viewer.findings.first().getByTestId('accept').click();
    await fits('reading');
    await viewer.press('l');
    await viewer.drag([0.4, 0.4], [0.6, 0.6]);
    await window.getByTestId('measurement').waitFor();
    await viewer.press('e');
    await viewer.drag([0.3, 0.3], [0.45, 0.5]);
    await fits('reading-measured');
    await viewer.press('w');
    for (const menu of ['layout', 'measure', 'window-presets']) {
      await window.getByTestId(menu).click();
      await window.getByRole('menu').waitFor();
      await fits(`reading-${menu}`);
      await window.keyboard.press('Escape');
    }
    await window.getByTestId('why').first().click();
    await window.getByTestId('nearest-normal').first().waitFor();
    await fits('why');
    await window.keyboard.press('Escape');
    await viewer.press('?');
    await window.getByTestId('keys-dialog').waitFor();
    await fits('keys');
    await window.keyboard.press('Escape');
    await viewer.hang('hanging-protocols');
    await fits('protocols-empty');
    await window.getByTestId('protocol-from-now').click();
    await fits('protocol');
    await window.getByTestId('save-protocol').click();
    await fits('protocols');
    await window.keyboard.press('Escape');
    await viewer.hang('prior-beside');
    await fits('prior');
    await viewer.hang('layout-2x2');
    await fits('layout');
    await viewer.hang('multiplanar');
    await window.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
    await fits('three-planes');
    await viewer.hang('multiplanar');
    await viewer.hang('layout-1x1');
  });

  test('the report, and what leaves with it', async () => {
    const { window, report } = station;
    await report.open();
    await fits('report-empty');
    await window.getByTestId('templates').click();
    await window.getByTestId('templates-dialog').waitFor();
    await fits('templates');
    await window.keyboard.press('Escape');
    await window.getByTestId('indication').fill('Kopfschmerz');
    await report.impression.fill('Erfundene Raumforderung.');
    await report.impression.blur();
    await report.sign.click();
    await window.getByTestId('sign-dialog').waitFor();
    await fits('sign');
    await window.getByTestId('confirm-sign').click();
    await report.signed.waitFor();
    await fits('report-signed');
    for (const [button, dialog] of [
      ['export-results', 'export-dialog'],
      ['copies', 'copies-dialog'],
      ['addendum', 'addendum-dialog'],
    ] as const) {
      await window.getByTestId(button).click();
      await window.getByTestId(dialog).waitFor();
      if (dialog === 'addendum-dialog') await window.getByTestId('take-back').first().check();
      await fits(dialog);
      await window.keyboard.press('Escape');
    }
    expect(await askFor(window, 'session.get')).toMatchObject({ screen: 'viewer' });
    expect(station.pageErrors).toEqual([]);
  });

  test('the lock', async () => {
    const passphraseFile = join(dataDir, 'passphrase');
    writeFileSync(passphraseFile, `${PASSPHRASE}\n`);
    await station.close();
    const encrypted = await runCli(['db', 'encrypt', '--passphrase-file', passphraseFile, '--data-dir', dataDir]);
    expect(encrypted).toMatchObject({ code: 0 });
    station = await openWorkstation({ dataDir });
    const { window } = station;
    const vault = new VaultPage(window);
    await vault.locked.waitFor();
    await fits('locked', ['dark', 'light']);
    await vault.enter('');
    expect(await vault.locked.locator('.field-says').allInnerTexts()).toEqual(['Geben Sie die Passphrase ein.']);
    await fits('locked-empty', ['dark', 'light']);
    await vault.enter('falsch');
    await expect.poll(() => textOf(vault.refused)).toMatch(/^Diese Passphrase öffnet diesen Datenordner nicht\./);
    // Whoever mistyped it types again at once.
    await expect.poll(() => window.evaluate('document.activeElement.dataset.testid')).toBe('passphrase');
    await fits('locked-refused', ['dark', 'light']);
    await vault.enter(PASSPHRASE);
    await vault.locked.waitFor({ state: 'hidden' });
    await vault.lockNow();
    await fits('locked-again', ['dark', 'light']);
    await vault.enter(PASSPHRASE);
    await vault.locked.waitFor({ state: 'hidden' });
    await fits('about-encrypted', ['dark', 'light']);
  });

  /** Gives the window what a package has among its resources. */
  async function asPackage(look: () => Promise<void>): Promise<void> {
    const resources = join(dataDir, 'resources');
    mkdirSync(resources);
    const licence = readFileSync(join(projectRoot, 'LICENSE'), 'utf8');
    writeFileSync(join(resources, 'third-party-licences.txt'), `fiktives-paket 1.0.0 (MIT)\n\n${licence}\n`.repeat(3));
    const before = await pretend({ isPackaged: true, resources });
    await look();
    await pretend(before);
  }

  async function pretend(now: { isPackaged: boolean; resources: string }): Promise<typeof now> {
    return await station.app.evaluate(({ app }, { isPackaged, resources }) => {
      const before = { isPackaged: app.isPackaged, resources: process.resourcesPath };
      Object.defineProperty(app, 'isPackaged', { value: isPackaged, configurable: true });
      Object.defineProperty(process, 'resourcesPath', { value: resources, configurable: true });
      return before;
    }, now);
  }

  /** Name, description and state of a field in the tree that screen readers read. */
  async function spoken(testId: string) {
    const { window } = station;
    const session = await window.context().newCDPSession(window);
    const { result } = await session.send('Runtime.evaluate', {
      expression: `document.querySelector('[data-testid="${testId}"]')`,
    });
    const { nodes } = await session.send('Accessibility.getPartialAXTree', {
      objectId: result.objectId!,
      fetchRelatives: false,
    });
    await session.detach();
    const invalid = nodes[0]?.properties?.find((property) => property.name === 'invalid')?.value.value;
    return { name: nodes[0]?.name?.value, description: nodes[0]?.description?.value ?? '', invalid };
  }

  /** Keeps a picture of it in test-results/ for whoever wants to look. */
  async function fits(name: string, themes: readonly string[] = ['dark'], inSight?: Locator): Promise<void> {
    const { app, window } = station;
    for (const [theme, factor] of themes.flatMap((theme) => [1, 2].map((factor) => [theme, factor] as const))) {
      await window.evaluate((shown) => {
        document.documentElement.dataset.theme = shown;
      }, theme);
      await app.evaluate(
        ({ BrowserWindow }, by) => BrowserWindow.getAllWindows()[0]?.webContents.setZoomFactor(by),
        factor,
      );
      await window.waitForTimeout(250); // for what follows the size of the window
      await inSight?.evaluate((element) => element.scrollIntoView());
      // Playwright's own pictures know nothing of the zoom; the first one here shows what was drawn before.
      const png = await app.evaluate(async ({ BrowserWindow }) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        await contents?.capturePage();
        return (await contents?.capturePage())?.toPNG().toString('base64');
      });
      writeFileSync(
        testResult(`german-${name}${theme === 'dark' ? '' : `-${theme}`}-${factor}.png`),
        Buffer.from(png ?? '', 'base64'),
      );
      expect.soft(await overflowing(window), `${name} at ${factor * 100}%`).toEqual([]);
    }
    await window.evaluate(() => {
      document.documentElement.dataset.theme = 'dark';
    });
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.setZoomFactor(1));
  }
});
