import { messages } from '../language/language.svelte.ts';

export const text = messages(
  { cancel: 'Cancel', close: 'Close', dismiss: 'Dismiss', noName: 'No name' },
  { cancel: 'Abbrechen', close: 'Schließen', dismiss: 'Schließen', noName: 'Ohne Namen' },
);
