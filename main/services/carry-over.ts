/** What becomes of a reader's work when a study is analysed again: what was drawn by hand goes on, the rest ends. */
import { randomUUID } from 'node:crypto';
import type { AnalysisLoss, AnomalyMap, Finding } from '../../preload/contract/model.ts';
import { conformalPValue, type WeightedScores } from '../method/conformal.ts';
import { type FrameResultRecord, latestAnalysis, listFindings } from '../store/analyses.ts';
import { bytesToFloats, readBlob } from '../store/blobs.ts';
import type { Store } from '../store/store.ts';
import { getFrame } from '../store/studies.ts';
import { measureOutline } from './regions.ts';
import { frameKey } from './worklist.ts';

function newestFindings({ db }: Store, studyInstanceUid: string): readonly Finding[] {
  const analysis = latestAnalysis(db, studyInstanceUid);
  return analysis ? listFindings(db, analysis.id) : [];
}

/** What a reader said on regions of the newest map, which another analysis would not know. */
export function lossOf(store: Store, studyInstanceUid: string): AnalysisLoss {
  const regions = newestFindings(store, studyInstanceUid).filter(({ drawnBy }) => drawnBy === null);
  const count = (is: (finding: Finding) => boolean) => regions.filter(is).length;
  return {
    decisions: count(({ decision }) => decision !== 'open'),
    comments: count(({ comment }) => comment.trim() !== ''),
    measurements: count(({ measurementId }) => measurementId !== null),
  };
}

/** Nothing is lost where nothing was said. */
export const losesNothing = (loss: AnalysisLoss): boolean => Object.values(loss).every((count) => count === 0);

/**
 * Outlines that a reader drew in the newest analysis, with their decisions, comments and measurements, as findings of the
 * one that is being made, measured on its maps.
 * @param peaks highest points of the maps of its calibration's normals
 * @throws Fault `bad-file` where a map was damaged
 */
export async function drawnBefore(
  store: Store,
  analysis: { readonly id: string; readonly studyInstanceUid: string },
  results: readonly FrameResultRecord[],
  peaks: WeightedScores,
): Promise<readonly Finding[]> {
  const resultOf = new Map(results.map((result) => [frameKey(result), result]));
  const carried: Finding[] = [];
  for (const finding of newestFindings(store, analysis.studyInstanceUid)) {
    const result = resultOf.get(frameKey(finding));
    if (finding.drawnBy === null || !result) continue;
    const region = measureOutline(await mapOf(store, result), finding.outline, getFrame(store.db, finding));
    carried.push({
      ...finding,
      ...region,
      id: randomUUID(),
      analysisId: analysis.id,
      pValue: peaks.scores.length > 0 ? conformalPValue(region.peakScore, peaks) : null,
    });
  }
  return carried;
}

async function mapOf({ folder }: Store, { mapSha256, mapWidth, mapHeight }: FrameResultRecord): Promise<AnomalyMap> {
  return { width: mapWidth, height: mapHeight, data: bytesToFloats(await readBlob(folder, mapSha256)) };
}
