import { messages } from '../language/language.svelte.ts';

export const text = messages({ dismiss: 'Dismiss', noName: 'No name' }, { dismiss: 'Schließen', noName: 'Ohne Namen' });
