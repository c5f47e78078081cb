/** One study while it is being read: where the reader is, what the analysis says, how the map is shown. */
import type {
  Analysis,
  Annotation,
  AnomalyMap,
  CalibrationRow,
  Decision,
  Finding,
  FrameRef,
  FrameResult,
  FrameRow,
  JobStatus,
  SeriesDetail,
  StudyDetail,
} from '../../preload/contract/model.ts';
import type { ImportedRegion, ImportedResult } from '../../preload/contract/results.ts';
import { type ColourMapName, colourMapNames, mapRange } from '../design/colour-map.ts';
import { attempt } from '../design/notices.svelte.ts';
import { frameKey, frameRef } from '../images/frame-key.ts';
import { jobs } from '../jobs/jobs.svelte.ts';
import { oneOf, remember, remembered } from '../remembered.ts';
import { call, on } from '../workstation.ts';
import { findingOrder, type Place, placesOf } from './findings.ts';
import { pushStep } from './history.ts';
import { Maps } from './maps.ts';
import { Measurements } from './measurements.ts';

export class Reading {
  readonly studyInstanceUid: string;
  detail: StudyDetail | null = $state.raw(null);
  analysis: Analysis | null = $state.raw(null);
  /** Reports, segmentations and maps that were imported beside the images. */
  imported: readonly ImportedResult[] = $state.raw([]);
  seriesIndex: number = $state(0);
  /** The picture that is on the screen. */
  frameIndex: number = $state(0);
  selectedFindingId: string | null = $state(null);

  overlayShown: boolean = $state(true);
  /** While the key for 'picture without' is held. */
  overlayHeldOff: boolean = $state(false);
  contoursShown: boolean = $state(true);
  opacity: number = $state(0.5);
  /** Whether the map shows its area or only the line where it crosses the threshold. */
  filled: boolean = $state(true);
  #colours: ColourMapName = $state(remembered('map.colours', 'inferno', oneOf(colourMapNames)));
  /** Highest points of the calibration's held-out normals, ascending: what p-values are counted against. */
  normalPeaks: readonly number[] = $state.raw([]);
  measurements: readonly Annotation[] = $state.raw([]);
  /** What an outline that is being drawn is for: a new finding, or the one with this id. */
  drawing: 'new' | { readonly findingId: string } | null = $state.raw(null);
  threshold: number = $state(0.5);

  readonly series: SeriesDetail | undefined = $derived(this.detail?.series[this.seriesIndex]);
  readonly frame: FrameRow | undefined = $derived(this.series?.frames[this.frameIndex]);
  readonly #places: ReadonlyMap<string, Place> = $derived(placesOf(this.detail?.series ?? []));
  readonly #results: ReadonlyMap<string, FrameResult> = $derived(
    new Map((this.analysis?.frames ?? []).map((result) => [frameKey(result), result])),
  );
  /** Apart from the analysis, which changes with every decision while its maps stay. */
  readonly #analysisId: string | null = $derived(this.analysis?.id ?? null);
  readonly maps: Maps | null = $derived(this.#analysisId === null ? null : new Maps(this.#analysisId));
  readonly findings: readonly Finding[] = $derived(findingOrder(this.analysis?.findings ?? []));
  readonly job: JobStatus | undefined = $derived(
    jobs.running.find((job) => job.kind === 'analyse' && job.subject === this.studyInstanceUid),
  );

  constructor(studyInstanceUid: string) {
    this.studyInstanceUid = studyInstanceUid;
  }

  get colours(): ColourMapName {
    return this.#colours;
  }

  set colours(name: ColourMapName) {
    this.#colours = name;
    remember('map.colours', name);
  }

  /** Loads the study and follows its analyses; returns the way to stop. */
  follow(): () => void {
    void attempt(async () => {
      this.detail = await call('studies.open', this.studyInstanceUid);
      await this.#reloadAnalysis();
      await this.#reloadImported();
    });
    return on('data.changed', ({ what }) => {
      if (what === 'studies') void attempt(() => this.#reloadImported());
      if (what === 'analyses') void attempt(() => this.#reloadAnalysis());
    });
  }

  async #reloadImported(): Promise<void> {
    this.imported = await call('results.imported', this.studyInstanceUid);
  }

  async #reloadAnalysis(): Promise<void> {
    const analysis = await call('analyses.latest', this.studyInstanceUid);
    const other = analysis?.id !== this.analysis?.id;
    if (analysis && other) this.threshold = onScale(analysis.calibration.threshold);
    this.analysis = analysis;
    if (analysis && other) this.normalPeaks = await call('calibrations.normalPeaks', analysis.calibration.id);
  }

  result(frame: FrameRow): FrameResult | undefined {
    return this.#results.get(frameKey(frame));
  }

  place(finding: FrameRef): Place | undefined {
    return this.#places.get(frameKey(finding));
  }

  findingsOn(frame: FrameRow): readonly Finding[] {
    const key = frameKey(frame);
    return this.findings.filter((finding) => frameKey(finding) === key);
  }

  /** Outlines that imported results have on a picture. */
  importedOn(frame: FrameRow): readonly ImportedRegion[] {
    const key = frameKey(frame);
    return this.imported.flatMap(({ regions }) => regions.filter((region) => frameKey(region) === key));
  }

  /** The imported map of a picture, where the study has no analysis of its own; undefined where there is none. */
  importedMap(frame: FrameRow): Promise<AnomalyMap> | undefined {
    if (this.analysis) return undefined;
    const key = frameKey(frame);
    const owner = this.imported.find(({ maps }) =>
      maps.some((map) => frameKey(map) === key && IS_SCORE.test(map.quantity)),
    );
    return owner && call('results.importedMap', owner.sopInstanceUid, frameRef(frame));
  }

  showSeries(index: number): void {
    if (index === this.seriesIndex) return;
    this.seriesIndex = index;
    this.frameIndex = 0;
  }

  /** `knowingly` where the reader was told that the calibration was made for other images. */
  async analyse(calibration: CalibrationRow, knowingly: boolean): Promise<void> {
    const { studyInstanceUid } = this;
    await attempt(() => call('analyses.start', { studyInstanceUid, calibrationId: calibration.id, knowingly }));
  }

  /** One step to undo. */
  async decide(finding: Finding, decision: Decision, comment: string = finding.comment): Promise<void> {
    if (decision === finding.decision && comment === finding.comment) return;
    const set = (to: Decision, words: string) =>
      this.#change(() => call('findings.decide', { findingId: finding.id, decision: to, comment: words }));
    if (await set(decision, comment))
      pushStep(
        () => void set(finding.decision, finding.comment),
        () => void set(decision, comment),
      );
  }

  /** Takes an outline that the reader drew on the picture on the screen, for what it was drawn for. */
  async drew(outline: readonly number[]): Promise<void> {
    const [target, frame, analysis] = [this.drawing, this.frame, this.analysis];
    this.drawing = null;
    if (!target || !frame || !analysis) return;
    if (target === 'new') await this.#add(analysis.id, frame, outline);
    else await this.#reshape(target.findingId, outline);
  }

  async #add(analysisId: string, frame: FrameRow, outline: readonly number[]): Promise<void> {
    let id = '';
    const add = async () => {
      const request = { analysisId, frame: frameRef(frame), outline, comment: '' };
      const added = await attempt(() => call('findings.add', request));
      if (!added) return false;
      id = added.id;
      this.selectedFindingId = id;
      await this.#reloadAnalysis();
      return true;
    };
    if (await add())
      pushStep(
        () => void this.#take(id),
        () => void add(),
      );
  }

  async #reshape(findingId: string, outline: readonly number[]): Promise<void> {
    const before = this.findings.find(({ id }) => id === findingId)?.outline;
    const reshape = (to: readonly number[]) => this.#change(() => call('findings.reshape', { findingId, outline: to }));
    if ((await reshape(outline)) && before)
      pushStep(
        () => void reshape(before),
        () => void reshape(outline),
      );
  }

  /** Takes a finding back that was drawn by hand. It can be drawn again, but not brought back. */
  async remove({ id }: Finding): Promise<void> {
    await this.#take(id);
  }

  async #take(id: string): Promise<void> {
    await attempt(async () => {
      await call('findings.remove', id);
      await this.#reloadAnalysis();
    });
  }

  /** One step to undo. */
  async link(finding: Finding, measurementId: string | null): Promise<void> {
    const link = (to: string | null) =>
      this.#change(() => call('findings.link', { findingId: finding.id, measurementId: to }));
    if (await link(measurementId))
      pushStep(
        () => void link(finding.measurementId),
        () => void link(measurementId),
      );
  }

  async #change(act: () => Promise<Finding>): Promise<boolean> {
    const changed = await attempt(act);
    if (!changed || !this.analysis || changed.analysisId !== this.analysis.id) return false;
    const findings = this.analysis.findings.map((other) => (other.id === changed.id ? changed : other));
    this.analysis = { ...this.analysis, findings };
    return true;
  }

  /** The study's measurements; for when the viewer runs. */
  measure(): Measurements {
    return new Measurements(this.studyInstanceUid, this.detail?.series ?? [], (list) => {
      this.measurements = list;
    });
  }
}

/** A p-value is small where a score is high: its map would show the wrong places. */
const IS_SCORE = /score/i;

function onScale(threshold: number): number {
  return Math.min(mapRange.high, Math.max(mapRange.low, threshold));
}
