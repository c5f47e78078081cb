/** Anomaly maps of one analysis, fetched when a slice comes up and kept while there is room. */
import type { AnomalyMap, FrameRef } from '../../preload/contract/model.ts';
import { frameKey, frameRef } from '../images/frame-key.ts';
import { call } from '../workstation.ts';

const mostKept = 200;

export class Maps {
  readonly #analysisId: string;
  readonly #kept = new Map<string, Promise<AnomalyMap>>();

  constructor(analysisId: string) {
    this.#analysisId = analysisId;
  }

  /** Rejects with FaultError where there is no map for the frame. */
  get(frame: FrameRef): Promise<AnomalyMap> {
    const key = frameKey(frame);
    const map = this.#kept.get(key) ?? call('analyses.map', this.#analysisId, frameRef(frame));
    this.#kept.delete(key); // put back at the end: the first in the map is the one unused for longest
    this.#kept.set(key, map);
    map.catch(() => this.#kept.delete(key));
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
    }
    return map;
  }
}
