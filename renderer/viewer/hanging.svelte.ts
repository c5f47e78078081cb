/** How a study hangs: the places on the screen, what they show, and which one the keys belong to. */
import type { StudyRow } from '../../preload/contract/model.ts';
import type { HangingProtocol } from '../../preload/contract/reading-room.ts';
import { attempt } from '../design/notices.svelte.ts';
import type { Hung } from '../session.svelte.ts';
import { call } from '../workstation.ts';
import { Pane } from './pane.svelte.ts';
import { protocols } from './protocols.svelte.ts';
import { Reading } from './reading.svelte.ts';
import { followingIndex } from './synchrony.ts';
import { text } from './text.ts';
import { type NoVolume, type VolumeGeometry, volumeOf } from './volume.ts';

export const mostRows = 3;
export const mostColumns = 3;

export class Hanging {
  /** The study that is read; priors only stand beside it. */
  readonly reading: Reading;
  rows: number = $state(1);
  columns: number = $state(1);
  /** Row by row. */
  panes: readonly Pane[] = $state.raw([new Pane()]);
  active: Pane = $state.raw(this.panes[0]!);
  synchronised: boolean = $state(false);
  /** Shows the active stack as a volume in three planes, in place of the panes. */
  multiplanar: boolean = $state(false);
  /** Whether text stands on pictures. With every study it does again: it says whose picture this is. */
  worded: boolean = $state(true);
  /** Other studies of the patient, the newest first. */
  priors: readonly StudyRow[] = $state.raw([]);
  /** Priors that were opened. */
  opened: readonly Reading[] = $state.raw([]);
  /** The active stack as a volume, or why it is none. */
  readonly volume: VolumeGeometry | NoVolume = $derived(volumeOf(this.active.series?.frames ?? []));
  /** Whether planes of the volume are on the screen, in place of the panes. */
  readonly inPlanes: boolean = $derived(this.multiplanar && typeof this.volume !== 'string');
  readonly #drawnPlaces: readonly Pane[] = $derived(this.inPlanes ? [this.active] : this.panes);
  /** In words; '' where the active stack is a volume. */
  readonly noVolume: string = $derived(typeof this.volume === 'string' ? text().noVolume[this.volume] : '');
  /** Once the study hangs as it did before, or as its protocol asks. */
  begun: boolean = $state(false);
  /** Whether first pictures are still on their way: what else asks the reader process for pixels waits for them. */
  readonly awaitsPictures: boolean = $derived(
    !this.begun || this.#drawnPlaces.some(({ series, settled }) => !settled && (series?.frames.length ?? 0) > 0),
  );
  #priorsKnown: Promise<unknown> = Promise.resolve();
  readonly #stops: (() => void)[] = [];

  readonly #before: Hung | null;

  /** `before`: how the study hung when it was on the screen the last time; null where that is not known. */
  constructor(reading: Reading, before: Hung | null) {
    this.reading = reading;
    this.#before = before;
    if (!before) this.active.put(reading, 0); // at once: what a protocol asks comes on top
  }

  /** Follows the study, its priors and their analyses; returns the way to stop. */
  follow(): () => void {
    this.#stops.push(this.reading.follow());
    this.#priorsKnown = attempt(async () => {
      this.priors = await call('studies.priors', this.reading.studyInstanceUid);
    });
    return () => {
      for (const stop of this.#stops) stop();
    };
  }

  /** Hangs the study as it hung before, else as the protocol for its kind asks. */
  async begin(): Promise<void> {
    if (!(await this.reading.loaded)) return;
    const before = this.#before;
    const protocol = before ? undefined : await protocols.for(this.reading.detail!.study);
    if (before) await this.#hangAgain(before);
    else if (protocol) await this.apply(protocol);
    this.begun = true;
  }

  async apply({ rows, columns, multiplanar, priorBeside, synchronised, modality, window }: HangingProtocol) {
    this.arrange(rows, columns);
    for (const pane of this.panes) if (modality === '' || pane.series?.modality === modality) pane.startWith(window);
    if (priorBeside) {
      await this.#priorsKnown;
      await this.showPriorBeside();
    }
    this.synchronise(synchronised);
    this.multiplanar = multiplanar && this.noVolume === '';
  }

  async #hangAgain({ rows, columns, places, active, synchronised, multiplanar }: Hung): Promise<void> {
    this.arrange(rows, columns);
    for (const [index, pane] of this.panes.entries()) {
      const place = places[index];
      const own = place?.study === this.reading.studyInstanceUid;
      const reading = place && (own ? this.reading : await this.openPrior(place.study));
      const seriesIndex =
        reading?.detail?.series.findIndex(({ seriesInstanceUid }) => seriesInstanceUid === place?.series) ?? -1;
      if (reading && place && seriesIndex >= 0) pane.put(reading, seriesIndex, place.frame, place.window, place.planes);
      else pane.empty();
    }
    this.active = this.panes[active] ?? this.panes[0]!;
    this.synchronise(synchronised);
    this.multiplanar = multiplanar && this.noVolume === '';
  }

  /** How it hangs now. */
  get hung(): Hung {
    const { rows, columns, multiplanar, synchronised, panes, active } = this;
    const places = panes.map(({ reading, series, frameIndex, window, planes }) =>
      reading && series
        ? { study: reading.studyInstanceUid, series: series.seriesInstanceUid, frame: frameIndex, window, planes }
        : null,
    );
    return { rows, columns, multiplanar, synchronised, places, active: panes.indexOf(active) };
  }

  /** Opens a prior, which then counts as seen. Resolves once its series are known. */
  async openPrior(studyInstanceUid: string): Promise<Reading | null> {
    const known = this.opened.find((reading) => reading.studyInstanceUid === studyInstanceUid);
    if (known) return known;
    const prior = new Reading(studyInstanceUid);
    this.opened = [...this.opened, prior];
    this.#stops.push(prior.follow());
    return (await prior.loaded) ? prior : null;
  }

  /** Keeps what is shown; new places take the series that come next. */
  arrange(rows: number, columns: number): void {
    this.rows = rows;
    this.columns = columns;
    const kept = this.panes.slice(0, rows * columns);
    const added = Array.from({ length: rows * columns - kept.length }, () => new Pane());
    this.panes = [...kept, ...added];
    if (!this.panes.includes(this.active)) this.active = this.panes[0]!;
    const last = Math.max(-1, ...kept.map((pane) => (pane.reading === this.reading ? pane.seriesIndex : -1)));
    const series = this.reading.detail?.series.length ?? 0;
    for (const [place, pane] of added.entries())
      if (last + 1 + place < series) pane.put(this.reading, last + 1 + place);
    this.tie();
  }

  /** Puts a stack into the active place. */
  show(reading: Reading, seriesIndex: number, frameIndex = 0): void {
    if (!this.active.shows(reading, seriesIndex)) this.active.put(reading, seriesIndex, frameIndex);
    else if (frameIndex !== this.active.frameIndex) this.active.goTo(frameIndex);
    this.tie();
  }

  /** Goes to a picture of the study that is read: where its stack is up already, else in the active place. */
  goTo(seriesIndex: number, frameIndex: number): void {
    const up = this.active.shows(this.reading, seriesIndex)
      ? this.active
      : this.panes.find((pane) => pane.shows(this.reading, seriesIndex));
    if (up) {
      this.active = up;
      up.goTo(frameIndex);
    } else this.show(this.reading, seriesIndex, frameIndex);
  }

  /** Shows the newest prior that has something like the active stack beside it; false where there is none. */
  async showPriorBeside(): Promise<boolean> {
    const like = this.reading.detail?.series[this.active.reading === this.reading ? this.active.seriesIndex : 0];
    const row = this.priors.find(({ modalities }) => like && modalities.includes(like.modality));
    const prior = row && (await this.openPrior(row.studyInstanceUid));
    const series = prior?.detail?.series ?? [];
    if (!prior || series.length === 0 || !like) return false;
    const alike = series.findIndex(
      ({ modality, bodyPart, description }) =>
        modality === like.modality && bodyPart === like.bodyPart && description === like.description,
    );
    const sameKind = series.findIndex(({ modality }) => modality === like.modality);
    if (this.panes.length < 2) this.arrange(1, 2);
    const beside = this.panes.find((pane) => pane !== this.active && (!pane.reading || pane.reading !== this.reading));
    (beside ?? this.panes.at(-1)!).put(prior, Math.max(0, alike === -1 ? sameKind : alike));
    this.tie();
    return true;
  }

  synchronise(together: boolean): void {
    this.synchronised = together;
    this.tie();
  }

  /** From here on the stacks keep the distance that they have now. */
  tie(): void {
    for (const pane of this.panes) pane.tiedAt = pane.frameIndex;
  }

  /** A place shows another picture: the others follow where they are tied to it. */
  scrolled(leader: Pane): void {
    const from = tiedOf(leader);
    if (!this.synchronised || leader !== this.active || !from) return;
    for (const pane of this.panes) {
      const to = pane === leader ? null : tiedOf(pane);
      const index = to && followingIndex(from, leader.frameIndex, to);
      if (index !== null && index !== pane.frameIndex) pane.goTo(index);
    }
  }
}

function tiedOf({ reading, series, tiedAt }: Pane) {
  return reading && series ? { studyInstanceUid: reading.studyInstanceUid, frames: series.frames, tiedAt } : null;
}
