import { globSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { faultSentence, germanFaults } from './faults.ts';
import { language } from './language.svelte.ts';

/** What main says, wherever it says it. */
const said = globSync('main/**/*.ts', { exclude: (path) => path.endsWith('.test.ts') })
  .map((path) => readFileSync(path, 'utf8').replaceAll('\\\\', '\\'))
  .join('\n');

describe('sentences of failures', () => {
  afterEach(() => {
    language.tag = 'en';
  });

  it.each(Object.keys(germanFaults))('"%s" is one that main says', (english) => {
    const pattern = english.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    expect(said).toMatch(new RegExp(pattern.join('\\$\\{[^\\n]+\\}')));
  });

  it('have as many holes in German as in English', () => {
    const holes = (sentence: string) => sentence.split('{}').length;
    const uneven = Object.entries(germanFaults).filter(([english, german]) => holes(english) !== holes(german));
    expect(uneven).toEqual([]);
  });

  it('read in the language of the window, with what differs from case to case; others stay as they are', () => {
    const english = '9 normal images were asked for, and there are 4. Add some, or ask for fewer.';
    expect(faultSentence(english)).toBe(english);
    language.tag = 'de';
    expect(faultSentence(english)).toBe(
      '9 Normalbilder wurden verlangt, und es gibt 4. Fügen Sie welche hinzu oder verlangen Sie weniger.',
    );
    expect(faultSentence('This study has no images.')).toBe('Diese Studie hat keine Bilder.');
    expect(faultSentence('Something else went wrong.')).toBe('Something else went wrong.');
  });
});
