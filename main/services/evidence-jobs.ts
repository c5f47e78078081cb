/** Looks at images and calibrations as jobs: what the window starts. */
import type { BeforeAfter, CheckedImage } from '../../preload/contract/model.ts';
import { getCalibration } from '../store/calibrations.ts';
import { compareOnSameImages } from './before-after.ts';
import type { JobContext, Jobs } from './jobs.ts';
import type { NewestResult } from './newest-result.ts';
import { measureNullBaseline } from './null-baseline.ts';
import { type CheckRequest, checkImages } from './reference-checks.ts';
import type { Workstation } from './workstation.ts';

export function startCheck(
  station: Workstation,
  checks: NewestResult<readonly CheckedImage[]>,
  request: CheckRequest,
): string {
  const title = `Check ${request.frames.length} images`;
  const work = (job: JobContext) => checkImages(station, request, job);
  return checks.start('check', title, work, (found) => `${found.length} images are checked.`);
}

/** @throws Fault `not-found` */
export function startComparison(
  station: Workstation,
  comparisons: NewestResult<BeforeAfter>,
  request: { readonly before: string; readonly after: string },
): string {
  const { db } = station.store;
  const [before, after] = [request.before, request.after].map((id) => getCalibration(db, id).name);
  const work = (job: JobContext) => compareOnSameImages(station, request, job);
  return comparisons.start('check', `Compare ${before} with ${after}`, work, () => null);
}

/** @throws Fault `not-found` */
export function startNullBaseline(station: Workstation, jobs: Jobs, id: string): string {
  const { name } = getCalibration(station.store.db, id);
  return jobs.start('check', `Null baseline of ${name}`, id, async (context) => {
    await measureNullBaseline(station, id, context);
    return { summary: `The null baseline of "${name}" is measured.`, subject: id };
  });
}
