/** Sorting and filtering of the worklist. */
import type { StudyRow, StudyState } from '../../preload/contract/model.ts';
import { formatDicomDate, formatPersonName } from '../design/format.ts';

export type Column = 'patient' | 'id' | 'description' | 'modality' | 'date' | 'images' | 'state' | 'score' | 'flagged';

export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

/** In the order in which a study passes through them. */
export const stateWords: Readonly<Record<StudyState, string>> = {
  new: 'New',
  analysing: 'Analysing',
  analysed: 'To review',
  reported: 'Reported',
};
const stateRank: Readonly<Record<StudyState, number>> = { new: 0, analysing: 1, analysed: 2, reported: 3 };

const sortKey: Readonly<Record<Column, (study: StudyRow) => string | number>> = {
  patient: (study) => formatPersonName(study.patientName),
  id: (study) => study.patientId,
  description: (study) => study.studyDescription,
  modality: (study) => study.modalities.join(' '),
  date: (study) => study.studyDate + study.studyTime,
  images: (study) => study.frameCount,
  state: (study) => stateRank[study.state],
  score: (study) => study.highestScore ?? -1,
  flagged: (study) => study.flaggedFrames,
};

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Sorted by the column; studies that tie are ordered newest first, then by patient. */
export function sortStudies(studies: readonly StudyRow[], order: Order): StudyRow[] {
  const compareBy = (column: Column, one: StudyRow, other: StudyRow): number => {
    const [left, right] = [sortKey[column](one), sortKey[column](other)];
    return typeof left === 'number' && typeof right === 'number'
      ? left - right
      : collator.compare(String(left), String(right));
  };
  const sign = order.descending ? -1 : 1;
  return studies.toSorted(
    (one, other) =>
      sign * compareBy(order.column, one, other) || -compareBy('date', one, other) || compareBy('patient', one, other),
  );
}

/** The studies in which every word of the query occurs somewhere: patient, id, date, description, modality, state. */
export function filterStudies(studies: readonly StudyRow[], query: string): readonly StudyRow[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return studies;
  return studies.filter((study) => {
    const text = searchText(study);
    return words.every((word) => text.includes(word));
  });
}

function searchText(study: StudyRow): string {
  return [
    formatPersonName(study.patientName),
    study.patientId,
    study.accessionNumber,
    study.studyDescription,
    study.studyDate,
    formatDicomDate(study.studyDate),
    ...study.modalities,
    ...study.bodyParts,
    stateWords[study.state],
    study.flaggedFrames > 0 ? 'flagged' : '',
  ]
    .join('\n')
    .toLocaleLowerCase();
}
