/**
 * Whether a study is analysed by itself when it is opened: where exactly one active calibration was made for its images
 * and nobody analysed it before. On unless the reader says otherwise.
 */
import { remember, remembered } from '../remembered.ts';

const REMEMBERED = 'analysis.onOpening';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

/** Studies that were begun since the window opened: what a reader cancelled does not begin again. */
const begun = new Set<string>();

export const onOpening = {
  get wanted(): boolean {
    return remembered(REMEMBERED, true, isBoolean);
  },

  set wanted(wanted: boolean) {
    remember(REMEMBERED, wanted);
  },

  /** Whether a study is to be analysed now; true once at most. */
  takes(studyInstanceUid: string): boolean {
    if (!this.wanted || begun.has(studyInstanceUid)) return false;
    begun.add(studyInstanceUid);
    return true;
  },

  /** Whether an analysis of the study began by itself. */
  began: (studyInstanceUid: string): boolean => begun.has(studyInstanceUid),
};
