/** One stack of steps for measurements and findings: Cornerstone's own, so that both are undone in their order. */
import { utilities } from '@cornerstonejs/core';

const stepsKept = 200;

/** Where what they would bring back is closed, or is no longer there. */
export function forgetSteps(): void {
  utilities.HistoryMemo.DefaultHistoryMemo.size = stepsKept; // empties it
}

/** Both halves do what they say without making a step of their own. */
export function pushStep(undo: () => void, redo: () => void): void {
  utilities.HistoryMemo.DefaultHistoryMemo.push({ restoreMemo: (undoing) => (undoing ? undo() : redo()) });
}
