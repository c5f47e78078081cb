import { messages } from '../language/language.svelte.ts';

export const text = messages(
  {
    cancel: 'Cancel',
    close: 'Close',
    dismiss: 'Dismiss',
    noName: 'No name',
    dateParts: { day: 'day', month: 'month', year: 'year' },
    noDate: 'empty',
  },
  {
    cancel: 'Abbrechen',
    close: 'Schließen',
    dismiss: 'Schließen',
    noName: 'Ohne Namen',
    dateParts: { day: 'Tag', month: 'Monat', year: 'Jahr' },
    noDate: 'leer',
  },
);
