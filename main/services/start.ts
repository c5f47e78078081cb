/** Work that goes on in the background, as jobs: what the window starts. */
import { basename } from 'node:path';
import type { FrameRef, PhotoDetails } from '../../preload/contract/model.ts';
import type { DeidentifyRequest, ExportRequest } from '../../preload/contract/results.ts';
import type { CalibrationRequest } from '../../preload/contract/workstation.ts';
import { Fault } from '../fault.ts';
import { getStudy } from '../store/studies.ts';
import { sweepBlobs } from '../store/sweep.ts';
import { analyseStudy, openLatestAnalysis } from './analysis.ts';
import { type BackupPlan, makeBackup } from './backup.ts';
import { losesNothing, lossOf } from './carry-over.ts';
import { deidentifiedSummary, deidentifyInstances, originalsOf } from './deidentify.ts';
import { importDemoStudies } from './demo-studies.ts';
import { exportResults } from './exports.ts';
import { importPaths, importSummary, resumableImports } from './import.ts';
import type { JobContext, Jobs } from './jobs.ts';
import { OBJECT_FORMATS } from './result-objects.ts';
import { sendResults } from './result-sending.ts';
import { applyRetention } from './retention.ts';
import { misfitOf } from './scope.ts';
import {
  forgetUnbegun,
  openUnfinished,
  type RememberedCalibration,
  rememberCalibration,
  runRemembered,
} from './unfinished.ts';
import { record, type Workstation } from './workstation.ts';

export function startImport(
  station: Workstation,
  jobs: Jobs,
  paths: readonly string[],
  photo: PhotoDetails | null = null,
): string {
  const title = paths.length === 1 ? `Import ${basename(paths[0] ?? '')}` : `Import ${paths.length} files and folders`;
  return jobs.start('import', title, null, async (context) => {
    const result = await importPaths(station, paths, context, photo);
    return { summary: importSummary(result), subject: result.studies[0] ?? null };
  });
}

/** Results into a folder. */
export function startExport(
  station: Workstation,
  jobs: Jobs,
  { studyInstanceUid, formats }: Pick<ExportRequest, 'studyInstanceUid' | 'formats'>,
  folder: string,
  layout: 'folder' | 'media',
): string {
  return jobs.start('export', `Export to ${basename(folder)}`, studyInstanceUid, async (context) => {
    const files = await exportResults(station, studyInstanceUid, folder, formats, context, layout);
    return { summary: `${files.length} files were written to ${folder}.`, subject: folder };
  });
}

/** De-identified copies of a study's images. */
export function startDeidentifying(
  station: Workstation,
  jobs: Jobs,
  { studyInstanceUid, dates, keepPatientCharacteristics }: DeidentifyRequest,
  to: string,
): string {
  return jobs.start('export', `De-identify to ${basename(to)}`, studyInstanceUid, async (context) => {
    const settings = { to, dates, keepPatientCharacteristics };
    const copies = await deidentifyInstances(station, originalsOf(station, studyInstanceUid), settings, context);
    return { summary: deidentifiedSummary(copies, to), subject: to };
  });
}

/** Results into the send queue of a node. */
export function startSending(
  station: Workstation,
  jobs: Jobs,
  { studyInstanceUid, formats }: Pick<ExportRequest, 'studyInstanceUid' | 'formats'>,
  node: string,
): string {
  return jobs.start('export', `Send results to ${node}`, studyInstanceUid, async ({ signal }) => {
    const objects = OBJECT_FORMATS.filter((format) => formats.includes(format));
    const { length } = await sendResults(station, studyInstanceUid, node, objects, signal);
    return { summary: `${length} objects wait to be sent to ${node}.`, subject: studyInstanceUid };
  });
}

/** Begins the imports again that a crash interrupted. */
export function resumeImports(station: Workstation, jobs: Jobs): void {
  for (const { paths, photo } of resumableImports(station)) startImport(station, jobs, paths, photo);
}

export function startDemo(station: Workstation, jobs: Jobs): string {
  return jobs.start('demo', 'Demo studies', null, async (context) => {
    const { studies } = await importDemoStudies(station, context);
    return { summary: `${studies.length} fictional studies are in the worklist.`, subject: studies[0] ?? null };
  });
}

/** @throws Fault `disk-full` */
export function startCalibration(station: Workstation, jobs: Jobs, request: CalibrationRequest): string {
  return startRemembered(station, jobs, rememberCalibration(station, request));
}

/** Continues a calibration that was paused or interrupted. @throws Fault `not-found`, `not-allowed` while it runs */
export function resumeCalibration(station: Workstation, jobs: Jobs, id: string): string {
  return startRemembered(station, jobs, openUnfinished(station, jobs.list(), id));
}

function startRemembered(station: Workstation, jobs: Jobs, remembered: RememberedCalibration): string {
  const work = async (context: JobContext) => {
    const { id, steps, seconds, threshold } = await runRemembered(station, remembered, context);
    const summary = `Calibrated in ${steps} steps and ${Math.round(seconds)} s; threshold ${threshold.toFixed(3)}.`;
    return { summary, subject: id };
  };
  const neverBegun = () => forgetUnbegun(station, remembered.id);
  return jobs.start('calibrate', `Calibrate ${remembered.request.name}`, remembered.id, work, neverBegun);
}

/**
 * @throws Fault `not-found`; `not-allowed` where the calibration was made for other images, or a reader's decisions would
 * be lost, and nobody was told
 */
export function startAnalysis(
  station: Workstation,
  jobs: Jobs,
  request: {
    readonly studyInstanceUid: string;
    readonly calibrationId: string;
    readonly knowingly?: boolean | undefined;
    readonly around?: FrameRef | undefined;
    readonly discarding?: boolean | undefined;
  },
): string {
  const { studyInstanceUid } = request;
  const misfit = misfitOf(station, request);
  if (misfit !== '' && !request.knowingly) throw new Fault('not-allowed', misfit);
  if (misfit !== '') record(station, 'analysis.outside', studyInstanceUid, { calibration: request.calibrationId });
  if (!request.discarding && !losesNothing(lossOf(station.store, studyInstanceUid)))
    throw new Fault('not-allowed', 'This study was decided on. Another analysis would lose that: say so to go on.');
  const { studyDescription, studyDate } = getStudy(station.store.db, studyInstanceUid);
  const title = `Analyse ${[studyDescription, studyDate].filter((part) => part !== '').join(', ') || 'study'}`;
  return jobs.start('analyse', title, studyInstanceUid, async (context) => {
    await analyseStudy(station, request, context);
    const { frames = [], findings = [] } = openLatestAnalysis(station.store, studyInstanceUid) ?? {};
    const flagged = frames.filter((frame) => frame.flagged).length;
    const summary = `${flagged} of ${frames.length} images flagged, ${findings.length} findings to decide on.`;
    return { summary, subject: studyInstanceUid };
  });
}

export function startBackup(station: Workstation, jobs: Jobs, plan: BackupPlan): string {
  return jobs.start('backup', 'Back up the database', null, async (context) => {
    const { copiedFiles, sealedBackups, removedBackups } = await makeBackup(station, plan, context);
    // What an import refused after it was copied, or a crash left.
    const { removedFiles } = await sweepBlobs(station.store.folder, station.store.db, station.now());
    if (removedFiles > 0) record(station, 'store.sweep', '', { removedFiles });
    const parts = [
      'The database was backed up and checked',
      copiedFiles > 0 ? `${copiedFiles} new files were copied` : '',
      sealedBackups > 0 ? `${sealedBackups} earlier backups that were not encrypted are now` : '',
      removedBackups > 0 ? `${removedBackups} old backups removed` : '',
      removedFiles > 0 ? `${removedFiles} files that nothing names removed` : '',
    ];
    return { summary: `${parts.filter((part) => part !== '').join(', ')}.`, subject: null };
  });
}

/** Removes studies whose retention period is over. */
export function startRetention(station: Workstation, jobs: Jobs): string {
  return jobs.start('retention', 'Remove studies past their retention period', null, async (context) => {
    const { removedStudies, removedFiles } = await applyRetention(station, context);
    return { summary: `${removedStudies} studies and ${removedFiles} files were removed.`, subject: null };
  });
}
