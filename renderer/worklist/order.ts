/** Choosing among all studies where they are few: the worklist itself asks main to search. */
import type { StudyRow } from '../../preload/contract/model.ts';
import { formatDicomDate, formatPersonName } from '../design/format.ts';

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** By name as a person counts, so 2 before 10; of one patient the newest first. */
export function byPatient(studies: readonly StudyRow[]): StudyRow[] {
  return studies.toSorted(
    (one, other) =>
      collator.compare(formatPersonName(one.patientName), formatPersonName(other.patientName)) ||
      collator.compare(other.studyDate + other.studyTime, one.studyDate + one.studyTime),
  );
}

/** The studies in which every word of the query occurs somewhere: patient, id, date, description, modality. */
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
  ]
    .join('\n')
    .toLocaleLowerCase();
}
