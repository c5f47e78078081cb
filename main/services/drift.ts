/** Whether the studies of late still score as the normals did that a calibration rests on. */
import type { Drift } from '../../preload/contract/model.ts';
import { kolmogorovSmirnovPValue } from '../method/drift.ts';
import { listStudyMedians } from '../store/analyses.ts';
import { getCalibration } from '../store/calibrations.ts';
import { getEvidence } from '../store/evidence.ts';
import type { Workstation } from './workstation.ts';

/** The newest studies that are looked at, and the fewest that say anything. */
const MOST_STUDIES = 50;
const FEWEST_STUDIES = 20;
const FEWEST_NORMALS = 8;
const ALARM = 0.01;

/**
 * Compares the newest studies that were analysed with a calibration with its held-out normals. Each study counts with
 * the median of its images' scores: a finding raises few images, another scanner or protocol moves all of them.
 * @throws Fault `not-found`
 */
export function driftOf({ store }: Workstation, calibrationId: string): Drift {
  getCalibration(store.db, calibrationId);
  const now = listStudyMedians(store.db, calibrationId, MOST_STUDIES);
  const then = (getEvidence(store.db, calibrationId)?.normals ?? []).map(({ score }) => score);
  const enough = now.length >= FEWEST_STUDIES && then.length >= FEWEST_NORMALS;
  const pValue = enough ? kolmogorovSmirnovPValue(now, then) : null;
  return {
    studies: now.length,
    fewest: FEWEST_STUDIES,
    pValue,
    moved: pValue !== null && pValue < ALARM,
    direction: mean(now) >= mean(then) ? 'higher' : 'lower',
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
