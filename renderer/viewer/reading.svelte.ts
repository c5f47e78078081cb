/** One study while it is being read: where the reader is, what the analysis says, how the map is shown. */
import { type ColourMapName, colourMapNames, mapRange } from '../../preload/contract/colour-map.ts';
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
  NormalPeaks,
  PlaneMeasurement,
  StudyDetail,
} from '../../preload/contract/model.ts';
import type { ImportedMap, ImportedRegion, ImportedResult } from '../../preload/contract/results.ts';
import type { CallArguments } from '../../preload/contract/workstation.ts';
import { attempt } from '../design/notices.svelte.ts';
import { frameKey, frameRef } from '../images/frame-key.ts';
import { jobs } from '../jobs/jobs.svelte.ts';
import { oneOf, remember, remembered } from '../remembered.ts';
import { call, on } from '../workstation.ts';
import { dismissedFrames, findingOrder, type Place, placesOf } from './findings.ts';
import { forgetSteps, pushStep } from './history.ts';
import { Maps } from './maps.ts';

export class Reading {
  readonly studyInstanceUid: string;
  detail: StudyDetail | null = $state.raw(null);
  /** False where the study could not be opened. */
  loaded: Promise<boolean> = Promise.resolve(false);
  /** Once the report is signed: findings and measurements stay as they are. */
  signed: boolean = $state(false);
  analysis: Analysis | null = $state.raw(null);
  /** What an analysis that still runs has found so far. */
  #running: Analysis | null = $state.raw(null);
  /** The newest whole analysis; before the first, what is there of it. */
  readonly shown: Analysis | null = $derived(this.analysis ?? this.#running);
  /** Reports, segmentations and maps that were imported beside the images. */
  imported: readonly ImportedResult[] = $state.raw([]);
  /** Whether there is a map to show, of an analysis or an imported one. */
  readonly hasMap: boolean = $derived(this.shown !== null || this.imported.some(({ maps }) => maps.some(isScore)));
  readonly hasOutlines: boolean = $derived(
    this.shown !== null || this.imported.some(({ regions }) => regions.length > 0),
  );
  readonly hasMasks: boolean = $derived(this.imported.some(({ kind }) => kind === 'seg'));
  selectedFindingId: string | null = $state(null);

  overlayShown: boolean = $state(true);
  /** While the key for 'picture without' is held. */
  overlayHeldOff: boolean = $state(false);
  contoursShown: boolean = $state(true);
  #opacity: number = $state(remembered('map.opacity', 0.5, isShare));
  /** Whether the map shows its area or only the line where it crosses the threshold. */
  #filled: boolean = $state(remembered('map.filled', true, isBoolean));
  #colours: ColourMapName = $state(remembered('map.colours', 'inferno', oneOf(colourMapNames)));
  /** Highest points of the calibration's held-out normals, ascending: what p-values are counted against. */
  normalPeaks: NormalPeaks = $state.raw({ scores: [], weights: [] });
  measurements: readonly Annotation[] = $state.raw([]);
  /** In planes that were computed from its series. */
  planeMeasurements: readonly PlaneMeasurement[] = $state.raw([]);
  /** What an outline that is being drawn is for: a new finding, or the one with this id. */
  drawing: 'new' | { readonly findingId: string } | null = $state.raw(null);
  /** The finding whose outline is being pulled at its handles. */
  pullingId: string | null = $state(null);
  #threshold: number = $state(0.5);

  readonly #places: ReadonlyMap<string, Place> = $derived(placesOf(this.detail?.series ?? []));
  readonly #results: ReadonlyMap<string, FrameResult> = $derived(
    new Map((this.shown?.frames ?? []).map((result) => [frameKey(result), result])),
  );
  readonly #dismissed: ReadonlySet<string> = $derived(dismissedFrames(this.analysis?.findings ?? []));
  /** Flagged pictures, without those where the reader rejected everything that was marked. */
  readonly flagged: number = $derived(
    (this.shown?.frames ?? []).filter((result) => result.flagged && !this.#dismissed.has(frameKey(result))).length,
  );
  /** Apart from the analysis, which changes with every decision while its maps stay. */
  readonly #analysisId: string | null = $derived(this.shown?.id ?? null);
  readonly maps: Maps | null = $derived(this.#analysisId === null ? null : new Maps(this.#analysisId));
  readonly findings: readonly Finding[] = $derived(
    findingOrder(this.analysis?.findings ?? [], (ref) => this.place(ref)),
  );
  readonly job: JobStatus | undefined = $derived(
    jobs.running.find((job) => job.kind === 'analyse' && job.subject === this.studyInstanceUid),
  );

  constructor(studyInstanceUid: string) {
    this.studyInstanceUid = studyInstanceUid;
  }

  get opacity(): number {
    return this.#opacity;
  }

  set opacity(opacity: number) {
    this.#opacity = opacity;
    remember('map.opacity', opacity);
  }

  get filled(): boolean {
    return this.#filled;
  }

  set filled(filled: boolean) {
    this.#filled = filled;
    remember('map.filled', filled);
  }

  get threshold(): number {
    return this.#threshold;
  }

  /** Moved by the reader, for this analysis: the next one begins at the threshold of its calibration. */
  set threshold(threshold: number) {
    this.#threshold = threshold;
    if (this.shown) remember('map.threshold', { analysis: this.shown.id, threshold });
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
    this.loaded = attempt(async () => {
      this.detail = await call('studies.open', this.studyInstanceUid);
      this.signed = this.detail.study.state === 'reported';
      await this.#reloadAnalysis();
      await this.#reloadRunning();
      await this.#reloadImported();
      return true;
    }).then((done) => done === true);
    const stopData = on('data.changed', ({ what }) => {
      if (what === 'studies') void attempt(() => this.#reloadImported());
      if (what === 'analyses') void attempt(() => this.#reloadAnalysis());
    });
    const stopJobs = on('job.changed', ({ kind, subject }) => {
      if (kind === 'analyse' && subject === this.studyInstanceUid) void attempt(() => this.#reloadRunning());
    });
    return () => {
      stopData();
      stopJobs();
    };
  }

  async #reloadImported(): Promise<void> {
    this.imported = await call('results.imported', this.studyInstanceUid);
  }

  async #reloadAnalysis(): Promise<void> {
    const analysis = await call('analyses.latest', this.studyInstanceUid);
    await this.#show(analysis, () => {
      this.analysis = analysis;
    });
  }

  /** Only before the first analysis: a whole one stays until the next is whole. */
  async #reloadRunning(): Promise<void> {
    const running = this.analysis ? null : await call('analyses.running', this.studyInstanceUid);
    if (!running && !this.analysis) await this.#reloadAnalysis(); // it has just become whole, or was cancelled
    await this.#show(running, () => {
      this.#running = running;
    });
  }

  /** Takes an analysis; with another one its calibration's threshold and normals. */
  async #show(analysis: Analysis | null, take: () => void): Promise<void> {
    const other = analysis && analysis.id !== this.shown?.id;
    if (other && this.analysis) forgetSteps(); // they are about findings that are gone
    if (other) this.#threshold = onScale(movedThreshold(analysis.id) ?? analysis.calibration.threshold);
    take();
    if (other) this.normalPeaks = await call('calibrations.normalPeaks', analysis.calibration.id);
  }

  isAnalysed(frame: FrameRow): boolean {
    return this.#results.has(frameKey(frame));
  }

  /** What the analysis says of a picture; nothing where the reader rejected everything that was marked on it. */
  result(frame: FrameRow): FrameResult | undefined {
    const key = frameKey(frame);
    return this.#dismissed.has(key) ? undefined : this.#results.get(key);
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

  /** What imported Segmentations cover of a picture, 0 or 1 row by row; undefined where they cover nothing. */
  importedMask(frame: FrameRow): Promise<Uint8Array> | undefined {
    const key = frameKey(frame);
    const owners = this.imported.filter(
      ({ kind, regions }) => kind === 'seg' && regions.some((region) => frameKey(region) === key),
    );
    if (owners.length === 0) return undefined;
    const masks = owners.map(({ sopInstanceUid }) => call('results.importedMask', sopInstanceUid, frameRef(frame)));
    return Promise.all(masks).then(([first, ...others]) =>
      first!.map((value, index) => (value === 1 || others.some((other) => other[index] === 1) ? 1 : 0)),
    );
  }

  /** The imported map of a picture, where the study has no analysis of its own; undefined where there is none. */
  importedMap(frame: FrameRow): Promise<AnomalyMap> | undefined {
    if (this.shown) return undefined;
    const key = frameKey(frame);
    const owner = this.imported.find(({ maps }) => maps.some((map) => frameKey(map) === key && isScore(map)));
    return owner && call('results.importedMap', owner.sopInstanceUid, frameRef(frame));
  }

  /**
   * `knowingly` where the reader was told that the calibration was made for other images, `discarding` where the reader
   * was told what is lost. Images around the given one come first.
   */
  async analyse(
    { id: calibrationId }: CalibrationRow,
    {
      around,
      ...told
    }: { readonly knowingly: boolean; readonly discarding: boolean; readonly around: FrameRow | undefined },
  ): Promise<void> {
    const { studyInstanceUid } = this;
    const first = around && { around: frameRef(around) };
    await attempt(() => call('analyses.start', { studyInstanceUid, calibrationId, ...told, ...first }));
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

  /** Takes an outline that the reader drew on a picture, for what it was drawn for. */
  async drew(frame: FrameRef, outline: readonly number[]): Promise<void> {
    const [target, analysis] = [this.drawing, this.analysis];
    this.drawing = null;
    if (!target || !analysis) return;
    if (target === 'new') await this.#add(analysis.id, frame, outline);
    else await this.reshape(target.findingId, outline);
  }

  async #add(analysisId: string, frame: FrameRef, outline: readonly number[]): Promise<void> {
    const added = await this.#put({ analysisId, frame: frameRef(frame), outline, comment: '' });
    if (!added) return;
    const again = { analysisId, frame: frameRef(frame), outline, comment: '', id: added.id };
    pushStep(
      () => void this.#take(added.id),
      () => void this.#put(again),
    );
  }

  async #put(request: CallArguments<'findings.add'>[0]): Promise<Finding | undefined> {
    const added = await attempt(() => call('findings.add', request));
    if (added) this.selectedFindingId = added.id;
    if (added) await attempt(() => this.#reloadAnalysis());
    return added;
  }

  /** Gives a finding another outline. One step to undo. */
  async reshape(findingId: string, outline: readonly number[]): Promise<void> {
    const before = this.findings.find(({ id }) => id === findingId)?.outline;
    const reshape = (to: readonly number[]) => this.#change(() => call('findings.reshape', { findingId, outline: to }));
    if ((await reshape(outline)) && before)
      pushStep(
        () => void reshape(before),
        () => void reshape(outline),
      );
  }

  /** Takes a finding back that was drawn by hand. One step to undo: it comes back as it was. */
  async remove(finding: Finding): Promise<void> {
    const { id, analysisId, outline, comment, decision, measurementId } = finding;
    const bringBack = async () => {
      if (!(await this.#put({ analysisId, frame: frameRef(finding), outline, comment, id }))) return;
      if (decision !== 'accepted')
        await this.#change(() => call('findings.decide', { findingId: id, decision, comment }));
      if (measurementId !== null) await this.#change(() => call('findings.link', { findingId: id, measurementId }));
    };
    if (await this.#take(id))
      pushStep(
        () => void bringBack(),
        () => void this.#take(id),
      );
  }

  async #take(id: string): Promise<boolean> {
    const taken = await attempt(async () => {
      await call('findings.remove', id);
      await this.#reloadAnalysis();
      return true;
    });
    return taken === true;
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
}

/** A p-value is small where a score is high: its map would show the wrong places. */
const isScore = ({ quantity }: ImportedMap) => /score/i.test(quantity);

const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isShare = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;

interface MovedThreshold {
  readonly analysis: string;
  readonly threshold: number;
}
const isMoved = (value: unknown): value is MovedThreshold =>
  typeof value === 'object' &&
  value !== null &&
  'analysis' in value &&
  'threshold' in value &&
  isShare(value.threshold);

/** Where the reader left the threshold, if this analysis was the last for which it was moved. */
function movedThreshold(analysisId: string): number | undefined {
  const moved = remembered('map.threshold', { analysis: '', threshold: 0 }, isMoved);
  return moved.analysis === analysisId ? moved.threshold : undefined;
}

function onScale(threshold: number): number {
  return Math.min(mapRange.high, Math.max(mapRange.low, threshold));
}
