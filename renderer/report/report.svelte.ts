/** The report of one study: saved while it is written, until it is signed. */
import type { Report } from '../../preload/contract/model.ts';
import { attempt, notices } from '../design/notices.svelte.ts';
import { call, on } from '../workstation.ts';
import { text } from './text.ts';

const pauseBeforeSavingMs = 800;

export class ReportDraft {
  readonly studyInstanceUid: string;
  /** As main has it; null until it is here. */
  stored: Report | null = $state.raw(null);
  indication: string = $state('');
  technique: string = $state('');
  findings: string = $state('');
  impression: string = $state('');
  saving: 'saved' | 'waiting' | 'failed' = $state('saved');
  readonly signed: boolean = $derived(this.stored?.state === 'signed');
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(studyInstanceUid: string) {
    this.studyInstanceUid = studyInstanceUid;
  }

  /** Loads the report; returns the way to stop, which saves what is still unsaved. */
  follow(): () => void {
    void this.#load();
    const stop = on('data.changed', ({ what }) => {
      if (what === 'reports' && this.saving === 'saved') void this.#load();
    });
    const onClose = () => void this.saveNow();
    window.addEventListener('beforeunload', onClose);
    return () => {
      stop();
      window.removeEventListener('beforeunload', onClose);
      void this.saveNow();
    };
  }

  /** Called after every change of the text. */
  edited(): void {
    this.saving = 'waiting';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.saveNow(), pauseBeforeSavingMs);
  }

  /** Resolves to whether everything that was written is stored. */
  async saveNow(): Promise<boolean> {
    clearTimeout(this.#timer);
    if (this.saving === 'saved' || this.signed) return true;
    const written = this.#written();
    const { studyInstanceUid } = this;
    const report = await attempt(() => call('reports.save', { studyInstanceUid, ...written }));
    if (!report) {
      this.saving = 'failed';
      return false;
    }
    this.stored = report;
    // What was written meanwhile waits for its own turn.
    if (JSON.stringify(written) === JSON.stringify(this.#written())) this.saving = 'saved';
    return true;
  }

  #written() {
    const { indication, technique, findings, impression } = this;
    return { indication, technique, findings, impression };
  }

  /** Signs what is on the screen: nothing is signed that could not be saved. */
  async sign(): Promise<void> {
    if (!(await this.saveNow())) return;
    const report = await attempt(() => call('reports.sign', this.studyInstanceUid));
    if (report) this.#take(report);
  }

  async exportPdf(): Promise<void> {
    if (!(await this.saveNow())) return;
    const path = await attempt(() => call('reports.exportPdf', this.studyInstanceUid));
    if (path) notices.done(text().writtenTo(path));
  }

  async #load(): Promise<void> {
    const report = await attempt(() => call('reports.get', this.studyInstanceUid));
    // An answer that was overtaken by a save of ours must not bring the older text back.
    const older = report && this.stored && report.updatedAt < this.stored.updatedAt;
    if (report && !older && this.saving === 'saved') this.#take(report);
  }

  #take(report: Report): void {
    this.stored = report;
    this.indication = report.indication;
    this.technique = report.technique;
    this.findings = report.findings;
    this.impression = report.impression;
  }
}
