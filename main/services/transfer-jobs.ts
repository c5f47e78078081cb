/** Calibrations and reference sets between workstations as jobs: what the window starts. */
import { basename } from 'node:path';
import { getCalibration } from '../store/calibrations.ts';
import { getReferenceSet } from '../store/reference-sets.ts';
import { exportCalibration, importCalibration, ownFingerprint } from './calibration-transfer.ts';
import type { Jobs } from './jobs.ts';
import { exportReferenceSet, importReferenceSet } from './reference-set-transfer.ts';
import type { Workstation } from './workstation.ts';

/** @throws Fault `not-found` */
export function startCalibrationExport(station: Workstation, jobs: Jobs, id: string, path: string): string {
  const { name } = getCalibration(station.store.db, id);
  return jobs.start('transfer', `Export the calibration ${name}`, id, async (context) => {
    const file = await exportCalibration(station, id, path, context);
    const summary = `"${name}" was written to ${file}, signed with the key ${ownFingerprint(station)}.`;
    return { summary, subject: id };
  });
}

export function startCalibrationImport(
  station: Workstation,
  jobs: Jobs,
  request: { readonly path: string; readonly fingerprint: string },
): string {
  return jobs.start('transfer', `Import ${basename(request.path)}`, null, async (context) => {
    const { id, name } = await importCalibration(station, request, context);
    return { summary: `"${name}" passed its self-test here. Activate it to use it.`, subject: id };
  });
}

/** @throws Fault `not-found` */
export function startSetExport(station: Workstation, jobs: Jobs, id: string, to: string): string {
  const { name } = getReferenceSet(station.store.db, id);
  return jobs.start('transfer', `Export the reference set ${name}`, id, async (context) => {
    const { images, skipped, notes } = await exportReferenceSet(station, id, to, context);
    const looks = new Set(notes.map(({ path }) => path)).size;
    const parts = [
      `${images} images were written to ${to} without the identity of their patients.`,
      skipped.length > 0 ? `${skipped.length} files could not be cleaned and were left out: ${skipped[0]?.reason}` : '',
      looks > 0 ? `Look at ${looks} of them before they leave the house: ${notes[0]?.note}` : '',
    ];
    return { summary: parts.filter((part) => part !== '').join(' '), subject: id };
  });
}

export function startSetImport(station: Workstation, jobs: Jobs, folder: string): string {
  return jobs.start('transfer', `Import ${basename(folder)}`, null, async (context) => {
    const { id, name, frames } = await importReferenceSet(station, folder, context);
    return { summary: `The reference set "${name}" is here with its ${frames.length} images.`, subject: id };
  });
}
