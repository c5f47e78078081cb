/** The pictures that are chosen as normals, over several studies. */
import { SvelteMap } from 'svelte/reactivity';
import type { FrameRef, FrameRow, SeriesDetail, StudyDetail } from '../../preload/contract/model.ts';
import { frameKey, frameRef } from '../images/frame-key.ts';
import { call } from '../workstation.ts';
import { type SlicePlan, slicesOf } from './slices.ts';

interface Chosen {
  readonly frame: FrameRef;
  readonly studyInstanceUid: string;
}

export class Selection {
  readonly #chosen = new SvelteMap<string, Chosen>();
  readonly #perStudy = $derived.by(() => {
    const counts = new Map<string, number>();
    for (const { studyInstanceUid } of this.#chosen.values())
      counts.set(studyInstanceUid, (counts.get(studyInstanceUid) ?? 0) + 1);
    return counts;
  });
  readonly #details = new SvelteMap<string, StudyDetail>();

  get size(): number {
    return this.#chosen.size;
  }

  get frames(): FrameRef[] {
    return [...this.#chosen.values()].map(({ frame }) => frame);
  }

  get studyCount(): number {
    return this.#perStudy.size;
  }

  countIn(studyInstanceUid: string): number {
    return this.#perStudy.get(studyInstanceUid) ?? 0;
  }

  has(frame: FrameRef): boolean {
    return this.#chosen.has(frameKey(frame));
  }

  set(studyInstanceUid: string, frames: readonly FrameRow[], chosen: boolean): void {
    for (const frame of frames) {
      if (chosen) this.#chosen.set(frameKey(frame), { frame: frameRef(frame), studyInstanceUid });
      else this.#chosen.delete(frameKey(frame));
    }
  }

  /** Drops pictures, whatever their study. */
  drop(frames: readonly FrameRef[]): void {
    for (const frame of frames) this.#chosen.delete(frameKey(frame));
  }

  /** The members of a saved set, instead of what was chosen. */
  load(members: readonly (FrameRef & { readonly studyInstanceUid: string })[]): void {
    this.#chosen.clear();
    for (const { studyInstanceUid, ...frame } of members)
      this.#chosen.set(frameKey(frame), { frame: frameRef(frame), studyInstanceUid });
  }

  clear(): void {
    this.#chosen.clear();
  }

  detail(studyInstanceUid: string): StudyDetail | undefined {
    return this.#details.get(studyInstanceUid);
  }

  /** The series of a study, asked for once. Throws FaultError. */
  async open(studyInstanceUid: string): Promise<StudyDetail> {
    const known = this.#details.get(studyInstanceUid);
    if (known) return known;
    const detail = await call('studies.open', studyInstanceUid);
    this.#details.set(studyInstanceUid, detail);
    return detail;
  }

  /** Takes pictures of a study's stacks by their place, instead of what was chosen of it. Throws FaultError. */
  async setSlices(studyInstanceUid: string, plan: SlicePlan): Promise<void> {
    const { series } = await this.open(studyInstanceUid);
    for (const { frames } of series) {
      this.set(studyInstanceUid, frames, false);
      this.set(studyInstanceUid, slicesOf(frames, plan), true);
    }
  }

  /** Takes or drops every picture of a study. Throws FaultError. */
  async setStudy(studyInstanceUid: string, chosen: boolean): Promise<void> {
    const { series } = await this.open(studyInstanceUid);
    this.set(studyInstanceUid, allFrames(series), chosen);
  }
}

function allFrames(series: readonly SeriesDetail[]): FrameRow[] {
  return series.flatMap(({ frames }) => frames);
}
