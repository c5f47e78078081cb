/**
 * The whole way of a calibration in the window, on real images where the development data lies beside the checkout, and
 * the same numbers from the command line.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '../../main/runtime/command.ts';
import { freshFolder, runCli } from '../support/launch.ts';
import { askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';

const data = join(projectRoot, '..', 'shared', 'data', 'head-ct');
const SHOTS = 16;
const NAME = 'Head CT, this site';

describe.skipIf(!existsSync(data))('a calibration on real head CT (needs ../shared/data/head-ct)', () => {
  const folder = freshFolder();
  let station: WorkstationPages;

  beforeAll(async () => {
    for (const [kind, count] of [
      ['normal', 40],
      ['abnormal', 12],
    ] as const) {
      mkdirSync(join(folder, kind));
      for (const name of readdirSync(join(data, kind)).sort().slice(0, count))
        symlinkSync(join(data, kind, name), join(folder, kind, basename(name)));
    }
    station = await openWorkstation();
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(async () => {
    await station?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('scope, normal images, anomalies, training, evidence, and the same numbers by the command line', async () => {
    const { app, worklist, jobs, calibration, window } = station;
    const picture = (step: string) => window.screenshot({ path: testResult(`calibration-${step}.png`) });
    await answerOpenDialog(app, [join(folder, 'normal'), join(folder, 'abnormal')]);
    await worklist.import('folder');
    await worklist.tellOfPhotos('nothing');
    await jobs.waitFor('import', 'done');
    await jobs.close();
    const abnormal = (await askFor(window, 'studies.list')).find(({ patientName }) => patientName === 'abnormal');
    const { series } = await askFor(window, 'studies.open', abnormal?.studyInstanceUid ?? '');
    for (const { sopInstanceUid, frame } of series[0]?.frames ?? [])
      await askFor(window, 'cases.confirm', { sopInstanceUid, frame }, 'haemorrhage');

    await calibration.new();
    await calibration.goTo('scope');
    await window.getByTestId('scope-kind').first().check();
    await picture('1-scope');
    await calibration.goTo('reference');
    await calibration.chooseStudies('normal, normal');
    await window.getByLabel('Filter studies').fill('normal');
    await window.getByRole('checkbox', { name: 'All images of normal, normal' }).check();
    await expect.poll(() => textOf(calibration.chosenCount)).toBe('40 images of 1 study');
    await calibration.check();
    await picture('2-reference');
    await window.getByTestId('reference-set-name').fill('Head CT normals');
    await window.getByTestId('confirm-normal').check();
    await calibration.save.click();
    await window.getByTestId('anomaly-examples').locator('canvas').first().waitFor();
    await window.getByTestId('mixture-sink').fill('25');
    await picture('3-preview');
    await window.getByTestId('mixture-sink').fill('0');

    await calibration.begin({ name: NAME, preset: 'default', shots: SHOTS, toleratedPercent: 3 });
    await calibration.training();
    await picture('4-run');
    await window.getByTestId('step-evidence-body').waitFor({ timeout: 180_000 });
    // 24 held-out normals.
    expect(await textOf(window.getByTestId('cannot-promise'))).toContain('cannot promise under 4%');
    await window.getByTestId('evidence-share').fill('10');
    await window.getByTestId('cannot-promise').waitFor({ state: 'hidden' });
    await picture('5-evidence');
    await calibration.finished(NAME);
    await picture('6-saved');

    const [row] = await askFor(window, 'calibrations.list');
    expect(row).toMatchObject({ name: NAME, toleratedShare: 0.1, shots: SHOTS, heldOut: 24, active: true });
    const evidence = await askFor(window, 'calibrations.evidence', row?.id ?? '', null);
    expect(evidence?.normals).toHaveLength(24);
    expect(evidence?.abnormals).toHaveLength(12);

    const common = ['--model', row?.modelName ?? '', '--shots', String(SHOTS), '--provider', 'cpu'];
    const dataDir = join(folder, 'cli');
    const answer = async (...args: string[]) => {
      const { code, stdout, stderr } = await runCli([...args, ...common, '--data-dir', dataDir]);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout);
    };
    const [normals, profile] = [join(folder, 'normal'), join(folder, 'profile')];
    const calibrated = await answer('calibrate', '--normals', normals, '--tolerated', '0.1', '--out', profile);
    expect(calibrated.threshold).toBe(row?.threshold);
    const abnormals = join(folder, 'abnormal');
    const evaluated = await answer(
      'evaluate',
      '--normal',
      normals,
      '--abnormal',
      abnormals,
      '--seeds',
      '1',
      '--draw',
      'content',
    );
    expect(evaluated.imageAuroc.perSeed).toEqual([evidence?.auroc?.value]);
    expect(station.pageErrors).toEqual([]);
  });
});
