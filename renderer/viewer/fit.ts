/** Whether a calibration was made for a kind of study. */
import type { CalibrationRow, StudyRow } from '../../preload/contract/model.ts';

type Scope = Pick<CalibrationRow, 'modality' | 'bodyPart'>;
type Kind = Pick<StudyRow, 'modalities' | 'bodyParts'>;

/** Why a calibration may not fit a study, in a sentence; empty where nothing speaks against it. */
export function misfit(calibration: Scope, study: Kind): string {
  const differs = (made: string, has: readonly string[]) =>
    made !== '' && has.length > 0 && !has.some((one) => one.toLowerCase() === made.toLowerCase());
  if (differs(calibration.modality, study.modalities))
    return `This calibration was made on ${calibration.modality}; the study is ${study.modalities.join(', ')}. Its scores would mean little here.`;
  if (differs(calibration.bodyPart, study.bodyParts))
    return `This calibration was made on ${calibration.bodyPart}; the study shows ${study.bodyParts.join(', ')}. Its scores would mean little here.`;
  return '';
}

/** Of calibrations in order of preference: an active one that fits, else one that fits, else an active one, else the first. */
export function proposedCalibration<C extends Scope & Pick<CalibrationRow, 'active'>>(
  calibrations: readonly C[],
  study: Kind,
): C | undefined {
  const fitting = calibrations.filter((calibration) => misfit(calibration, study) === '');
  const active = (rows: readonly C[]) => rows.find((row) => row.active);
  return active(fitting) ?? fitting[0] ?? active(calibrations) ?? calibrations[0];
}
