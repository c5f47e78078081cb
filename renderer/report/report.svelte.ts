/** The report of one study: saved while it is written, until it is signed. */
import type { Report } from '../../preload/contract/model.ts';
import type { ReportedFinding } from '../../preload/contract/results.ts';
import { attempt, notices } from '../design/notices.svelte.ts';
import { language } from '../language/language.svelte.ts';
import { call, on } from '../workstation.ts';
import { text } from './text.ts';

const pauseBeforeSavingMs = 800;
/** Until a text that could not be stored is tried again. */
const retryMs = 5000;

/** Drafts with text that main does not have yet, by study: they outlive the screen that they were written on. */
const unstored = new Map<string, ReportDraft>();

/** The report of a study; with the text that could not be stored when the study was left, where there is one. */
export function draftOf(studyInstanceUid: string): ReportDraft {
  return unstored.get(studyInstanceUid) ?? new ReportDraft(studyInstanceUid);
}

export class ReportDraft {
  readonly studyInstanceUid: string;
  /** As main has it; null until it is here. */
  stored: Report | null = $state.raw(null);
  indication: string = $state('');
  technique: string = $state('');
  findings: string = $state('');
  impression: string = $state('');
  saving: 'saved' | 'waiting' | 'failed' = $state('saved');
  /** The accepted findings as the report says them. */
  sentences: readonly ReportedFinding[] = $state.raw([]);
  #sentencesAsked = 0;
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
    try {
      this.stored = await call('reports.save', { studyInstanceUid, ...written });
    } catch (error) {
      this.#tryAgain(error);
      return false;
    }
    unstored.delete(studyInstanceUid);
    // What was written meanwhile waits for its own turn.
    if (JSON.stringify(written) === JSON.stringify(this.#written())) this.saving = 'saved';
    return true;
  }

  /** Keeps the text, also when the study is left, until it is stored. The reader hears of it once. */
  #tryAgain(error: unknown): void {
    if (this.saving !== 'failed') notices.fault(error);
    this.saving = 'failed';
    unstored.set(this.studyInstanceUid, this);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.saveNow(), retryMs);
  }

  #written() {
    const { indication, technique, findings, impression } = this;
    return { indication, technique, findings, impression };
  }

  /** Signs what is on the screen: nothing is signed that could not be saved. */
  async sign(): Promise<void> {
    if (!(await this.saveNow())) return;
    const report = await attempt(() => call('reports.sign', this.studyInstanceUid, language.tag));
    if (report) this.#take(report);
  }

  /** Asks for the sentences anew, whenever findings or what measures them have changed. */
  async loadSentences(): Promise<void> {
    const turn = ++this.#sentencesAsked;
    const sentences = await attempt(() => call('reports.sentences', this.studyInstanceUid, language.tag));
    if (sentences && turn === this.#sentencesAsked) this.sentences = sentences;
  }

  async exportPdf(): Promise<void> {
    if (!(await this.saveNow())) return;
    const path = await attempt(() => call('reports.exportPdf', this.studyInstanceUid, language.tag));
    if (path) notices.done(text().writtenTo(path));
  }

  async print(): Promise<void> {
    if (!(await this.saveNow())) return;
    const printed = await attempt(() => call('reports.print', this.studyInstanceUid, language.tag));
    if (printed) notices.done(text().printed);
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
