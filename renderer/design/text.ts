import { messages } from '../language/language.svelte.ts';

export const text = messages(
  {
    cancel: 'Cancel',
    close: 'Close',
    dismiss: 'Dismiss',
    noName: 'No name',
    dateParts: { day: 'day', month: 'month', year: 'year' },
    noDate: 'empty',
    fillIn: 'Fill in this field.',
    enterUrl: 'Enter an address that begins with https:// or http://.',
    enterNumber: (isWhole: boolean, min: string, max: string) =>
      `Enter a ${isWhole ? 'whole number' : 'number'} from ${min} to ${max}.`,
  },
  {
    cancel: 'Abbrechen',
    close: 'Schließen',
    dismiss: 'Schließen',
    noName: 'Ohne Namen',
    dateParts: { day: 'Tag', month: 'Monat', year: 'Jahr' },
    noDate: 'leer',
    fillIn: 'Füllen Sie dieses Feld aus.',
    enterUrl: 'Geben Sie eine Adresse ein, die mit https:// oder http:// beginnt.',
    enterNumber: (isWhole, min, max) => `Geben Sie eine ${isWhole ? 'ganze Zahl' : 'Zahl'} von ${min} bis ${max} ein.`,
  },
);
