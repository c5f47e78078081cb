/** Measurements in words: their size, and where they were taken. */
import { type Lengths, measuredSize } from '../../preload/contract/measured-size.ts';
import type { AnnotationTool, PlaneMeasurement } from '../../preload/contract/model.ts';
import { formatFixed, formatNumber } from '../design/format.ts';
import { dot } from './synchrony.ts';
import { text } from './text.ts';

/** Planes along no axis of the patient are oblique. */
const alongAxis = 0.999;
const axes = ['sagittal', 'coronal', 'axial'] as const;

/** What lengths are in, and a word with a space before it on where they hold if not in the patient. */
export function lengthUnits(lengths: Lengths): { readonly unit: string; readonly where: string } {
  if (lengths === 'pixels') return { unit: text().pixels, where: '' };
  return { unit: 'mm', where: lengths === 'detector' ? ` ${text().atDetector}` : '' };
}

/** `Length 12.3 mm`; a probe measures no size. @param places mm, or pixels where nothing is known of lengths */
export function sizeWords(tool: AnnotationTool, places: readonly (readonly number[])[], lengths: Lengths): string {
  const size = measuredSize(tool, places);
  const [name = ''] = text().toolNames[tool];
  if (!size) return name;
  const { unit, where } = lengthUnits(lengths);
  const symbol = { length: ` ${unit}${where}`, area: ` ${unit}²${where}`, angle: '°' }[size.quantity];
  return `${name} ${formatNumber(Number(size.value.toFixed(1)))}${symbol}`;
}

/** `Coronal plane at 12.5 mm`, as the planes themselves say it. */
export function planeWords({ normal, points }: PlaneMeasurement): string {
  const axis = normal.findIndex((part) => Math.abs(part) > alongAxis);
  const name = axes[axis];
  const place = points.slice(0, 3);
  const position = `${formatFixed(name ? place[axis]! : dot(place, normal), 1)} mm`;
  return text().planeAt(name ? text().planes[name] : text().oblique, position);
}

/** The middle of its places, mm in the patient. */
export function middleOf({ points }: PlaneMeasurement): readonly [number, number, number] {
  const along = (axis: number) => {
    const values = points.filter((_, at) => at % 3 === axis);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return [along(0), along(1), along(2)];
}
