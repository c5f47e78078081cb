/**
 * Analyses while they run: what is done can be looked at already. Nothing here outlives the run, and only its end is
 * stored (analysis.ts): a crash or a cancel leaves no half result that could count as a whole one.
 */
import type { FrameRef } from '../../preload/contract/model.ts';
import type { AnalysisRecord, FrameResultRecord } from '../store/analyses.ts';
import type { Store } from '../store/store.ts';

export interface RunningAnalysis extends Omit<AnalysisRecord, 'seconds'> {
  /** Of the frames that are done. */
  readonly results: readonly FrameResultRecord[];
}

const running = new WeakMap<Store, Map<string, RunningAnalysis>>();

/** Shows how far an analysis is. */
export function showRunning(store: Store, analysis: RunningAnalysis): void {
  const analyses = running.get(store) ?? new Map<string, RunningAnalysis>();
  running.set(store, analyses.set(analysis.id, analysis));
}

/** After its end, whatever that was. */
export function forgetRunning(store: Store, id: string): void {
  running.get(store)?.delete(id);
}

/** The one of a study that was begun last, or null. */
export function runningAnalysis(store: Store, studyInstanceUid: string): RunningAnalysis | null {
  const all = [...(running.get(store)?.values() ?? [])];
  return all.findLast((analysis) => analysis.studyInstanceUid === studyInstanceUid) ?? null;
}

/** A frame's result in an analysis that runs, once there is one. */
export function runningResult(store: Store, id: string, ref: FrameRef): FrameResultRecord | undefined {
  return running
    .get(store)
    ?.get(id)
    ?.results.find(({ sopInstanceUid, frame }) => sopInstanceUid === ref.sopInstanceUid && frame === ref.frame);
}
