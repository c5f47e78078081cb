/** Accepted findings as sentences. They are made anew from findings and measurements, so they never fall behind. */
import type { Annotation, Finding, FrameRow, SeriesDetail } from '../../preload/contract/model.ts';
import { formatNumber, formatPValue } from '../design/format.ts';
import { frameKey } from '../images/frame-key.ts';
import { formatSize, placesOf } from '../viewer/findings.ts';
import { text } from './text.ts';

export interface FindingSentence {
  readonly findingId: string;
  readonly sentence: string;
}

/** One sentence for each accepted finding, in the order of the pictures. */
export function findingSentences(
  series: readonly SeriesDetail[],
  findings: readonly Finding[],
  measurements: readonly Annotation[],
): readonly FindingSentence[] {
  const places = placesOf(series);
  return findings
    .filter(({ decision }) => decision === 'accepted')
    .flatMap((finding) => {
      const place = places.get(frameKey(finding));
      const own = place && series[place.seriesIndex];
      const frame = place && own?.frames[place.frameIndex];
      if (!place || !own || !frame) return [];
      const several =
        series.length > 1 ? `, ${own.description || String(own.seriesNumber ?? place.seriesIndex + 1)}` : '';
      const measurement = measurements.find(({ id }) => id === finding.measurementId);
      const size = (measurement && measuredSize(measurement, frame)) ?? formatSize(finding);
      const where = text().image(place.frameIndex + 1, own.frames.length, several);
      const sentence = text().sentence(where, size, finding.pValue === null ? '' : formatPValue(finding.pValue));
      const comment = finding.comment.trim();
      return [
        {
          findingId: finding.id,
          sentence: comment === '' ? sentence : `${sentence} ${comment}`,
          order: place.seriesIndex * 100_000 + place.frameIndex,
        },
      ];
    })
    .sort((one, other) => one.order - other.order)
    .map(({ findingId, sentence }) => ({ findingId, sentence }));
}

/** What a measurement says of a size, in mm where the spacing is known; null where it says nothing. */
export function measuredSize({ tool, points }: Annotation, { pixelSpacing }: FrameRow): string | null {
  const [rowSpacing, columnSpacing] = pixelSpacing ?? [1, 1];
  const unit = pixelSpacing ? 'mm' : 'px';
  const at = (index: number) =>
    [(points[2 * index] ?? 0) * columnSpacing, (points[2 * index + 1] ?? 0) * rowSpacing] as const;
  const between = (one: number, other: number) => Math.hypot(at(one)[0] - at(other)[0], at(one)[1] - at(other)[1]);
  const rounded = (value: number) => formatNumber(Number(value.toFixed(1)));
  switch (tool) {
    case 'length':
      return text().length(`${rounded(between(0, 1))} ${unit}`);
    case 'angle': {
      const [a, b, c] = [between(0, 1), between(1, 2), between(0, 2)];
      const cosine = Math.min(1, Math.max(-1, (a * a + b * b - c * c) / (2 * a * b)));
      return text().angle(`${rounded((Math.acos(cosine) * 180) / Math.PI)}°`);
    }
    case 'ellipse':
      // Bottom and top, left and right.
      return text().area(`${rounded((Math.PI / 4) * between(0, 1) * between(2, 3))} ${unit}²`);
    case 'rectangle':
      // Corners: the second lies beside the first, the third below it.
      return text().area(`${rounded(between(0, 1) * between(0, 2))} ${unit}²`);
    default:
      return null;
  }
}
