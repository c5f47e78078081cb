/** Whether a calibration was made for a kind of study. */
import type { CalibrationRow, StudyRow } from '../../preload/contract/model.ts';
import { text } from './text.ts';

type Scope = Pick<CalibrationRow, 'modality' | 'bodyPart'>;
type Kind = Pick<StudyRow, 'modalities' | 'bodyParts'>;

/** Why a calibration may not fit a study, in a sentence; empty where nothing speaks against it. Main asks once more. */
export function misfit(calibration: Scope, study: Kind): string {
  const differs = (made: string, has: readonly string[]) =>
    made !== '' && has.length > 0 && !has.some((one) => one.toLowerCase() === made.toLowerCase());
  if (differs(calibration.modality, study.modalities))
    return text().outside(calibration.modality, study.modalities.join(', '));
  if (differs(calibration.bodyPart, study.bodyParts))
    return text().outside(calibration.bodyPart, study.bodyParts.join(', '));
  return '';
}

/** Of calibrations in order of preference: an active one that fits, else one that fits; never one that does not. */
export function proposedCalibration<C extends Scope & Pick<CalibrationRow, 'active'>>(
  calibrations: readonly C[],
  study: Kind,
): C | undefined {
  const fitting = calibrations.filter((calibration) => misfit(calibration, study) === '');
  return fitting.find((row) => row.active) ?? fitting[0];
}
