import { describe, expect, it } from 'vitest';
import { misfit, proposedCalibration } from './fit.ts';

const study = { modalities: ['CT'], bodyParts: ['HEAD'] };
const made = (modality: string, bodyPart: string, active = false) => ({ modality, bodyPart, active });

describe('a calibration', () => {
  it('fits studies of its modality and body part, whatever the case of the letters', () => {
    expect(misfit(made('CT', 'Head'), study)).toBe('');
  });

  it('fits where one of the two does not say', () => {
    expect(misfit(made('', ''), study)).toBe('');
    expect(misfit(made('CT', 'HEAD'), { ...study, bodyParts: [] })).toBe('');
  });

  it('says why it does not fit', () => {
    expect(misfit(made('MR', 'HEAD'), study)).toContain('made on MR; the study is CT');
    expect(misfit(made('CT', 'CHEST'), study)).toContain('made on CHEST; the study is HEAD');
  });

  it('is proposed for a study where it fits, the active one first', () => {
    const [knee, head, olderHead] = [made('MR', 'KNEE', true), made('CT', 'HEAD'), made('CT', 'HEAD', true)];
    expect(proposedCalibration([knee, head, olderHead], study)).toBe(olderHead);
    expect(proposedCalibration([knee, head], study)).toBe(head);
    expect(proposedCalibration([made('US', ''), knee], study)).toBeUndefined();
    expect(proposedCalibration([], study)).toBeUndefined();
  });
});
