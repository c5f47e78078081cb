/**
 * What main says, in the window's language. Main speaks English, to the window as to the command line and the log; the
 * German for it is kept here by area, and what is not listed stays as it is. `{}` stands for what differs from case to
 * case: a name, a number, or words that have a German of their own.
 */
import { germanFiles } from './german/files.ts';
import { germanModels } from './german/models.ts';
import { germanNetwork } from './german/network.ts';
import { germanPhrases } from './german/phrases.ts';
import { germanWork } from './german/work.ts';
import { language } from './language.svelte.ts';

export { germanPhrases };
export const germanSentences: Readonly<Record<string, string>> = {
  ...germanFiles,
  ...germanModels,
  ...germanNetwork,
  ...germanWork,
};

const german: Readonly<Record<string, string>> = { ...germanPhrases, ...germanSentences };

/** With holes. */
interface Pattern {
  readonly english: RegExp;
  readonly german: string;
}

/** Those that say most themselves come first: `{} has {}.` must not take what `{} has nothing of this study.` means. */
const patterns: readonly Pattern[] = Object.keys(german)
  .filter((english) => english.includes('{}'))
  .sort((a, b) => b.replaceAll('{}', '').length - a.replaceAll('{}', '').length)
  .map((english) => ({ english: patternOf(english), german: german[english] as string }));

function patternOf(english: string): RegExp {
  const parts = english.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('(.*)')}$`, 's');
}

/** What main said, in the window's language as far as it is known. */
export function translated(words: string): string {
  return language.tag === 'de' ? inGerman(words) : words;
}

/** A number of main with decimals or groups of digits: 0.500, 40,000. Versions and addresses have another form. */
const FIGURE = /^-?\d{1,3}(,\d{3})*(\.\d+)?$/;

function inGerman(words: string): string {
  const whole = german[words];
  if (whole !== undefined) return whole;
  if (FIGURE.test(words)) return words.replace(/[.,]/g, (mark) => (mark === '.' ? ',' : '.'));
  for (const pattern of patterns) {
    const found = pattern.english.exec(words);
    if (!found) continue;
    const parts = found.slice(1);
    return pattern.german.replaceAll('{}', () => inGerman(parts.shift() ?? ''));
  }
  return rowInGerman(words);
}

/** Words in a row (`2 images imported, 1 file left out.`), each by itself. */
function rowInGerman(words: string): string {
  const [, row = words, stop = ''] = /^(.*?)(\.?)$/s.exec(words) ?? [];
  const parts = row.split(/(, |; | and )/);
  if (parts.length === 1) return stop === '' ? words : inGerman(row) + stop;
  const said = parts.map((part, at) => {
    if (at % 2 === 0) return inGerman(part);
    return part === ' and ' ? ' und ' : part;
  });
  return said.join('') + stop;
}
