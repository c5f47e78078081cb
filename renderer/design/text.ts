import { messages } from '../language/language.svelte.ts';

export const text = messages(
  {
    cancel: 'Cancel',
    close: 'Close',
    dismiss: 'Dismiss',
    noName: 'No name',
    dateParts: { day: 'day', month: 'month', year: 'year' },
    noDate: 'empty',
    noDay: 'Not a whole day, so it is left out. Enter day, month and a year of four digits.',
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
    noDay: 'Kein ganzer Tag und deshalb nicht berücksichtigt. Geben Sie Tag, Monat und ein Jahr mit vier Ziffern ein.',
    fillIn: 'Füllen Sie dieses Feld aus.',
    enterUrl: 'Geben Sie eine Adresse ein, die mit https:// oder http:// beginnt.',
    enterNumber: (isWhole, min, max) => `Geben Sie eine ${isWhole ? 'ganze Zahl' : 'Zahl'} von ${min} bis ${max} ein.`,
  },
);
