/** Where findings lie in a study, and in which order a reader goes through them. */
import { lengthsOf } from '../../preload/contract/measured-size.ts';
import type { Finding, FrameRef, FrameRow, SeriesDetail } from '../../preload/contract/model.ts';
import { formatNumber } from '../design/format.ts';
import { frameKey } from '../images/frame-key.ts';
import { lengthUnits } from './measured.ts';
import { text } from './text.ts';

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

type PlaceOf = (ref: FrameRef) => Place | undefined;

/** The most suspicious first; those that are alike in it as a reader scrolls, so that the order is always the same. */
export function findingOrder(findings: readonly Finding[], place: PlaceOf): readonly Finding[] {
  return findings.toSorted(
    (one, other) =>
      other.peakScore - one.peakScore || rank(place(one)) - rank(place(other)) || one.id.localeCompare(other.id),
  );
}

/** By place in the study, as a reader scrolls; within a picture the most suspicious first. */
export function byPlace(findings: readonly Finding[], place: PlaceOf): Finding[] {
  return findingOrder(findings, place).toSorted((one, other) => rank(place(one)) - rank(place(other)));
}

/** Findings on pictures that the study lacks come last; a safe number, so that two of them can be compared. */
const rank = (at: Place | undefined) => (at ? at.seriesIndex * 100_000 + at.frameIndex : Number.MAX_SAFE_INTEGER);

/** Pictures, by their key, on which findings were marked and all of them rejected: they count no longer. */
export function dismissedFrames(findings: readonly Finding[]): ReadonlySet<string> {
  const standing = new Set(findings.filter(({ decision }) => decision !== 'rejected').map(frameKey));
  return new Set(findings.map(frameKey).filter((key) => !standing.has(key)));
}

/** Longest diameter and area, with a word where they hold on the detector alone; in pixels where the spacing is unknown. */
export function formatSize(finding: Finding, frame: FrameRow | undefined): string {
  if (finding.longestDiameterMm === null || finding.areaMm2 === null) {
    const [, , width, height] = finding.box;
    return text().sizePixels(Math.round(width), Math.round(height));
  }
  const { where } = lengthUnits(frame ? lengthsOf(frame) : 'patient');
  return `${formatNumber(Number(finding.longestDiameterMm.toFixed(1)))} mm, ${formatNumber(Math.round(finding.areaMm2))} mm²${where}`;
}
