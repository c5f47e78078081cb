import type { JobStatus } from '../../preload/contract/model.ts';
import { count } from '../design/format.ts';
import { messages } from '../language/language.svelte.ts';

const statesEn: Readonly<Record<JobStatus['state'], string>> = {
  queued: 'Waiting',
  running: '',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
  paused: 'Paused',
};

/** Words around jobs. Titles, units and summaries come from main. */
export const text = messages(
  {
    jobs: 'Jobs',
    running: (jobs: number) => count(jobs, 'job'),
    none: 'Imports, calibrations and analyses show their progress here.',
    states: statesEn,
    progress: (done: string, total: string, unit: string) => `${done} of ${total} ${unit}`,
    left: (duration: string) => `about ${duration} left`,
    cancel: (title: string) => `Cancel ${title}`,
    skipped: 'Files that were skipped',
    noneSkipped: 'No file was skipped.',
  },
  {
    jobs: 'Aufgaben',
    running: (jobs) => count(jobs, 'Aufgabe', 'Aufgaben'),
    none: 'Importe, Kalibrierungen und Analysen zeigen hier ihren Fortschritt.',
    states: {
      queued: 'Wartet',
      running: '',
      done: 'Fertig',
      failed: 'Fehlgeschlagen',
      cancelled: 'Abgebrochen',
      paused: 'Angehalten',
    },
    progress: (done, total, unit) => `${done} von ${total} ${unit}`,
    left: (duration) => `noch etwa ${duration}`,
    cancel: (title) => `${title} abbrechen`,
    skipped: 'Ausgelassene Dateien',
    noneSkipped: 'Keine Datei wurde ausgelassen.',
  },
);
