/** A launched workstation with its screens, and what a failed test leaves behind to look at. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFailed } from 'vitest';
import { projectRoot } from '../../../main/runtime/command.ts';
import { type LaunchedWorkstation, type LaunchOptions, launchWorkstation } from '../launch.ts';
import { CalibrationPage } from './calibration.ts';
import { JobsTray } from './jobs.ts';
import { ModelsPage } from './models.ts';
import { NetworkPage } from './network.ts';
import { ReportPage } from './report.ts';
import { ViewerPage } from './viewer.ts';
import { WorklistPage } from './worklist.ts';

export interface WorkstationPages extends LaunchedWorkstation {
  readonly worklist: WorklistPage;
  readonly calibration: CalibrationPage;
  readonly models: ModelsPage;
  readonly network: NetworkPage;
  readonly viewer: ViewerPage;
  readonly report: ReportPage;
  readonly jobs: JobsTray;
  /** Errors that no code of the window caught. */
  readonly pageErrors: readonly string[];
}

export interface PagesOptions extends LaunchOptions {
  /** Whether studies are analysed when they are opened, as for a reader; tests begin analyses themselves. */
  readonly analysesOnOpening?: boolean;
}

export async function openWorkstation({
  analysesOnOpening = false,
  ...options
}: PagesOptions = {}): Promise<WorkstationPages> {
  const launched = await launchWorkstation(options);
  const { window } = launched;
  await window.evaluate((wanted) => localStorage.setItem('analysis.onOpening', String(wanted)), analysesOnOpening);
  window.setDefaultTimeout(30_000);
  const pageErrors: string[] = [];
  window.on('pageerror', (error) => pageErrors.push(error.message));
  return {
    ...launched,
    worklist: new WorklistPage(window),
    calibration: new CalibrationPage(window),
    models: new ModelsPage(window),
    network: new NetworkPage(window),
    viewer: new ViewerPage(window),
    report: new ReportPage(window),
    jobs: new JobsTray(window),
    pageErrors,
  };
}

/** Call first in a test: should it fail, the picture of the window then open is in test-results/. */
export function keepPictureOfFailure(launched: () => LaunchedWorkstation): void {
  onTestFailed(async ({ task }) => {
    await launched().window.screenshot({ path: testResult(`${task.name.replace(/[^\w]+/g, '-').slice(0, 80)}.png`) });
  });
}

/** A path in test-results/, which is not part of the repository. */
export function testResult(name: string): string {
  const folder = join(projectRoot, 'test-results');
  mkdirSync(folder, { recursive: true });
  return join(folder, name);
}
