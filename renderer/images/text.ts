import { messages } from '../language/language.svelte.ts';

/** Words of pictures in lists. */
export const text = messages(
  { noPreview: (of: string) => (of ? `${of}: no preview` : 'No preview') },
  { noPreview: (of) => (of ? `${of}: keine Vorschau` : 'Keine Vorschau') },
);
