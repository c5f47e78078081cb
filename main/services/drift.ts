/**
 * Whether the studies of late still score as the calibration says. Each study counts with the median of its images'
 * scores: a finding raises few images, another scanner or protocol moves all of them.
 *
 * They are compared with the held-out normals, each patient with the median of their images, as long as both sides are
 * alike. Where studies are whole stacks and the normals were slices chosen from such, the ends of a stack alone would make
 * a difference; then the first studies that were analysed with the calibration take the normals' place.
 */
import type { Drift } from '../../preload/contract/model.ts';
import { driftPValues } from '../method/drift.ts';
import { countStudies, listStudyScores } from '../store/analyses.ts';
import { getAttributes } from '../store/attributes.ts';
import { getCalibration } from '../store/calibrations.ts';
import { getEvidence } from '../store/evidence.ts';
import type { Workstation } from './workstation.ts';

/** The newest studies that are looked at. */
const MOST_STUDIES = 40;
/**
 * A look is had after each so many studies and not at every one: with every look the chance of a false alarm grows. With
 * looks at one in a thousand each, 500 studies without drift have an alarm in less than 2.5% of sites.
 */
const STUDIES_PER_LOOK = 20;
const ALARM = 0.001;
const FEWEST_NORMALS = 8;
/** Studies with so many times the images that the normals have per patient are other things than these. */
const MANY_MORE = 2;

/** Compares the newest studies that were analysed with a calibration, as of the last look. @throws Fault `not-found` */
export function driftOf(station: Workstation, calibrationId: string): Drift {
  const { db } = station.store;
  getCalibration(db, calibrationId);
  const analysed = countStudies(db, calibrationId);
  const looked = analysed - (analysed % STUDIES_PER_LOOK);
  const newestFrom = Math.max(0, looked - MOST_STUDIES);
  const newest = listStudyScores(db, calibrationId, newestFrom, looked);
  const normals = scoresByPatient(station, calibrationId);
  const against = middle(lengths(newest)) > MANY_MORE * middle(lengths(normals)) ? 'first-studies' : 'normals';
  const first = against === 'normals' ? normals : listStudyScores(db, calibrationId, 0, STUDIES_PER_LOOK);
  // With stacks, none of the first studies may stand on both sides.
  const from = against === 'normals' ? newestFrom : Math.max(STUDIES_PER_LOOK, newestFrom);
  const [late, then] = [listStudyScores(db, calibrationId, from, looked).map(middle), first.map(middle)];
  const enough = late.length >= STUDIES_PER_LOOK && then.length >= FEWEST_NORMALS;
  const { up, down } = enough ? driftPValues(late, then) : { up: 1, down: 1 };
  const pValue = Math.min(1, 2 * Math.min(up, down)); // either direction
  return {
    studies: enough ? late.length : analysed,
    fewest: against === 'normals' ? STUDIES_PER_LOOK : 2 * STUDIES_PER_LOOK,
    pValue: enough ? pValue : null,
    moved: enough && pValue < ALARM,
    direction: up <= down ? 'higher' : 'lower',
    against,
  };
}

/** Of the held-out normals; images of another workstation count one by one. */
function scoresByPatient({ store: { db } }: Workstation, calibrationId: string): readonly (readonly number[])[] {
  const patients = new Map<string, number[]>();
  for (const { score, ...ref } of getEvidence(db, calibrationId)?.normals ?? []) {
    const owner = ref.sopInstanceUid === '' ? `elsewhere ${ref.frame}` : getAttributes(db, ref).owner;
    patients.set(owner, [...(patients.get(owner) ?? []), score]);
  }
  return [...patients.values()];
}

const lengths = (groups: readonly (readonly number[])[]) => groups.map(({ length }) => length);

/** The lower median; 0 of nothing. */
function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
