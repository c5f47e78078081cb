/** One study while it is being read: where the reader is, what the analysis says, how the map is shown. */
import type {
  Analysis,
  CalibrationRow,
  Decision,
  Finding,
  FrameResult,
  FrameRow,
  JobStatus,
  SeriesDetail,
  StudyDetail,
} from '../../preload/contract/model.ts';
import { mapRange } from '../design/colour-map.ts';
import { attempt } from '../design/notices.svelte.ts';
import { frameKey } from '../images/frame-key.ts';
import { jobs } from '../jobs/jobs.svelte.ts';
import { call, on } from '../workstation.ts';
import { findingOrder, type Place, placesOf } from './findings.ts';
import { Maps } from './maps.ts';

export class Reading {
  readonly studyInstanceUid: string;
  detail: StudyDetail | null = $state.raw(null);
  analysis: Analysis | null = $state.raw(null);
  seriesIndex: number = $state(0);
  /** The picture that is on the screen. */
  frameIndex: number = $state(0);
  selectedFindingId: string | null = $state(null);

  overlayShown: boolean = $state(true);
  /** While the key for 'picture without' is held. */
  overlayHeldOff: boolean = $state(false);
  contoursShown: boolean = $state(true);
  opacity: number = $state(0.5);
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

  /** Loads the study and follows its analyses; returns the way to stop. */
  follow(): () => void {
    void attempt(async () => {
      this.detail = await call('studies.open', this.studyInstanceUid);
      await this.#reloadAnalysis();
    });
    return on('data.changed', ({ what }) => {
      if (what === 'analyses') void attempt(() => this.#reloadAnalysis());
    });
  }

  async #reloadAnalysis(): Promise<void> {
    const analysis = await call('analyses.latest', this.studyInstanceUid);
    if (analysis && analysis.id !== this.analysis?.id) this.threshold = onScale(analysis.calibration.threshold);
    this.analysis = analysis;
  }

  result(frame: FrameRow): FrameResult | undefined {
    return this.#results.get(frameKey(frame));
  }

  place(finding: Finding): Place | undefined {
    return this.#places.get(frameKey(finding));
  }

  findingsOn(frame: FrameRow): readonly Finding[] {
    const key = frameKey(frame);
    return this.findings.filter((finding) => frameKey(finding) === key);
  }

  showSeries(index: number): void {
    if (index === this.seriesIndex) return;
    this.seriesIndex = index;
    this.frameIndex = 0;
  }

  async analyse(calibration: CalibrationRow): Promise<void> {
    await attempt(() =>
      call('analyses.start', { studyInstanceUid: this.studyInstanceUid, calibrationId: calibration.id }),
    );
  }

  async decide(finding: Finding, decision: Decision, comment: string = finding.comment): Promise<void> {
    if (decision === finding.decision && comment === finding.comment) return;
    const decided = await attempt(() => call('findings.decide', { findingId: finding.id, decision, comment }));
    if (!decided || !this.analysis || decided.analysisId !== this.analysis.id) return;
    const findings = this.analysis.findings.map((other) => (other.id === decided.id ? decided : other));
    this.analysis = { ...this.analysis, findings };
  }
}

function onScale(threshold: number): number {
  return Math.min(mapRange.high, Math.max(mapRange.low, threshold));
}
