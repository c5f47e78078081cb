import { describe, expect, it } from 'vitest';
import type { StudyRow } from '../../preload/contract/model.ts';
import { filterStudies, sortStudies } from './order.ts';

const blank: StudyRow = {
  studyInstanceUid: '1',
  patientName: '',
  patientId: '',
  patientBirthDate: '',
  patientSex: '',
  studyDate: '',
  studyTime: '',
  studyDescription: '',
  accessionNumber: '',
  modalities: [],
  bodyParts: [],
  seriesCount: 1,
  frameCount: 1,
  importedAt: '2025-01-01T00:00:00Z',
  state: 'new',
  highestScore: null,
  lowestPValue: null,
  flaggedFrames: 0,
};
const anna = { ...blank, patientName: 'Berg^Anna', studyDate: '20240102', modalities: ['CT'], highestScore: 0.4 };
const bela = { ...blank, patientName: 'Arany^Bela', studyDate: '20240302', modalities: ['MR'], highestScore: null };
const cyra = {
  ...blank,
  patientName: 'Costa^Cyra',
  studyDate: '20240201',
  modalities: ['CT'],
  highestScore: 0.7,
  flaggedFrames: 3,
};
const names = (rows: readonly StudyRow[]) => rows.map((row) => row.patientName);

describe('the worklist', () => {
  it('sorts by patient as the name is shown', () => {
    const sorted = sortStudies([anna, cyra, bela], { column: 'patient', descending: false });
    expect(names(sorted)).toEqual(['Arany^Bela', 'Berg^Anna', 'Costa^Cyra']);
  });

  it('sorts by score with studies that have none last', () => {
    const sorted = sortStudies([bela, anna, cyra], { column: 'score', descending: true });
    expect(names(sorted)).toEqual(['Costa^Cyra', 'Berg^Anna', 'Arany^Bela']);
  });

  it('orders ties newest first', () => {
    const sorted = sortStudies([anna, cyra], { column: 'modality', descending: false });
    expect(names(sorted)).toEqual(['Costa^Cyra', 'Berg^Anna']);
  });

  it('sorts identifiers by the numbers in them', () => {
    const sorted = sortStudies(
      [
        { ...blank, patientId: 'P10' },
        { ...blank, patientId: 'P9' },
      ],
      { column: 'id', descending: false },
    );
    expect(sorted.map((row) => row.patientId)).toEqual(['P9', 'P10']);
  });

  it('finds studies in which every word occurs, dates in both spellings', () => {
    const all = [anna, bela, cyra];
    expect(names(filterStudies(all, 'ct costa'))).toEqual(['Costa^Cyra']);
    expect(names(filterStudies(all, '2024-03'))).toEqual(['Arany^Bela']);
    expect(names(filterStudies(all, 'flagged'))).toEqual(['Costa^Cyra']);
    expect(filterStudies(all, 'nobody')).toEqual([]);
    expect(filterStudies(all, '  ')).toBe(all);
  });
});
