/** What measures a finding, as coded quantities: its outline, and the measurement that a reader linked to it. */
import type { LinkedMeasurement } from '../../preload/contract/results.ts';
import * as codes from './codes.ts';
import type { NumberedFinding } from './content.ts';
import type { Code } from './dataset.ts';

export interface Quantity {
  readonly code: Code;
  readonly value: number;
  readonly unit: Code;
  /** The measurement that gave it; null where the outline did. */
  readonly linked: LinkedMeasurement | null;
}

const QUANTITIES = { length: codes.LENGTH, angle: codes.ANGLE, area: codes.AREA } as const;
const UNITS = { mm: codes.MILLIMETRE, mm2: codes.SQUARE_MILLIMETRE, deg: codes.DEGREE, pixels: codes.PIXELS } as const;

/** A linked area stands in place of the outline's: a finding has one. */
export function quantitiesOf({ areaMm2, longestDiameterMm, measured }: NumberedFinding): readonly Quantity[] {
  const byOutline = (code: Code, value: number | null, unit: Code): readonly Quantity[] =>
    value === null ? [] : [{ code, value, unit, linked: null }];
  return [
    ...(measured?.quantity === 'area' ? [] : byOutline(codes.AREA, areaMm2, codes.SQUARE_MILLIMETRE)),
    ...byOutline(codes.LONG_AXIS, longestDiameterMm, codes.MILLIMETRE),
    ...(measured ? [quantityOf(measured)] : []),
  ];
}

export const quantityOf = (measured: LinkedMeasurement): Quantity => ({
  code: QUANTITIES[measured.quantity],
  value: measured.value,
  unit: UNITS[measured.unit],
  linked: measured,
});
