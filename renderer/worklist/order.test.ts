import { describe, expect, it } from 'vitest';
import type { StudyRow } from '../../preload/contract/model.ts';
import { byPatient, filterStudies } from './order.ts';

const study = (patientName: string, studyDate: string, description = '') =>
  ({
    patientName,
    patientId: '',
    accessionNumber: '',
    studyDate,
    studyTime: '',
    studyDescription: description,
    modalities: ['CT'],
    bodyParts: [],
  }) as unknown as StudyRow;

describe('studies to choose from', () => {
  const studies = [study('N^10', '20260101'), study('N^2', '20260101', 'Knee'), study('N^2', '20260301')];

  it('stand by name as a person counts, the newest of a patient first', () => {
    expect(byPatient(studies).map(({ patientName, studyDate }) => `${patientName} ${studyDate}`)).toEqual([
      'N^2 20260301',
      'N^2 20260101',
      'N^10 20260101',
    ]);
  });

  it('are found by words that all occur', () => {
    expect(filterStudies(studies, 'knee ct')).toEqual([studies[1]]);
    expect(filterStudies(studies, 'knee mr')).toEqual([]);
    expect(filterStudies(studies, ' ')).toEqual(studies);
  });
});
