/** Where findings lie in a study, and in which order a reader goes through them. */
import type { CalibrationRow, Finding, FrameRef, SeriesDetail, StudyRow } from '../../preload/contract/model.ts';
import { frameKey } from '../images/frame-key.ts';

export interface Place {
  readonly seriesIndex: number;
  readonly frameIndex: number;
}

/** The place of every picture of a study, by its key. */
export function placesOf(series: readonly SeriesDetail[]): ReadonlyMap<string, Place> {
  return new Map(
    series.flatMap(({ frames }, seriesIndex) =>
      frames.map((frame, frameIndex): [string, Place] => [frameKey(frame), { seriesIndex, frameIndex }]),
    ),
  );
}

/** The most suspicious first. */
export function findingOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((one, other) => other.peakScore - one.peakScore || one.id.localeCompare(other.id));
}

/** By place in the study, as a reader scrolls; within a picture the most suspicious first. */
export function byPlace(findings: readonly Finding[], place: (ref: FrameRef) => Place | undefined): Finding[] {
  const rank = (finding: Finding) => {
    const at = place(finding);
    return at ? at.seriesIndex * 100_000 + at.frameIndex : Number.POSITIVE_INFINITY;
  };
  return findingOrder(findings).toSorted((one, other) => rank(one) - rank(other));
}

/** '23 × …' is left to measurements; a region states its longest diameter and area where the spacing is known. */
export function formatSize(finding: Finding): string {
  if (finding.longestDiameterMm === null || finding.areaMm2 === null) {
    const [, , width, height] = finding.box;
    return `${Math.round(width)} × ${Math.round(height)} pixels, size in mm unknown`;
  }
  return `${finding.longestDiameterMm.toFixed(1)} mm, ${Math.round(finding.areaMm2).toLocaleString()} mm²`;
}

/** Why a calibration may not fit a study, in a sentence; empty where nothing speaks against it. */
export function misfit(calibration: CalibrationRow, study: StudyRow): string {
  const differs = (made: string, has: readonly string[]) =>
    made !== '' && has.length > 0 && !has.some((one) => one.toLowerCase() === made.toLowerCase());
  if (differs(calibration.modality, study.modalities))
    return `This calibration was made on ${calibration.modality}; the study is ${study.modalities.join(', ')}. Its scores would mean little here.`;
  if (differs(calibration.bodyPart, study.bodyParts))
    return `This calibration was made on ${calibration.bodyPart}; the study shows ${study.bodyParts.join(', ')}. Its scores would mean little here.`;
  return '';
}
