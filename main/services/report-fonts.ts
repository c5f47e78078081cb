/**
 * Fonts as part of the report (SIL Open Font License), so that it looks the same on every machine and every script is
 * legible: Inter for Latin, Greek and Cyrillic, Noto Sans for others, of which only the parts that a text needs go in.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import cyrillic from '@fontsource-variable/inter/files/inter-cyrillic-wght-normal.woff2?inline';
import greek from '@fontsource-variable/inter/files/inter-greek-wght-normal.woff2?inline';
import latinExtended from '@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2?inline';
import latin from '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?inline';

/** Data URL and characters of each part. */
const INTER: readonly (readonly [string, string])[] = [
  [
    latin,
    'U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+2000-206F, U+20AC, U+2122, U+2191, U+2193, U+2212, U+2215, U+FEFF, U+FFFD',
  ],
  [
    latinExtended,
    'U+0100-02BA, U+02BD-02C5, U+02C7-02CC, U+02CE-02D7, U+02DD-02FF, U+1D00-1DBF, U+1E00-1E9F, U+1EF2-1EFF, U+20A0-20AB, U+20AD-20C0, U+2C60-2C7F, U+A720-A7FF',
  ],
  [greek, 'U+0370-0377, U+037A-037F, U+0384-038A, U+038C, U+038E-03A1, U+03A3-03FF'],
  [cyrillic, 'U+0301, U+0400-045F, U+0490-0491, U+04B0-04B1, U+2116'],
];

/** In the order in which they are asked for a character: Han characters look Japanese where Japanese has them. */
const NOTO = [
  'noto-sans-jp',
  'noto-sans-kr',
  'noto-sans-sc',
  'noto-sans-arabic',
  'noto-sans-hebrew',
  'noto-sans-thai',
  'noto-sans-devanagari',
] as const;

const require = createRequire(import.meta.url);

/** For `font-family`, in this order. */
export const REPORT_FONT_FAMILIES = '"Inter", "Noto Sans Report", sans-serif';

/** The @font-face rules that a text needs. */
export function reportFonts(text: string): string {
  const missing = new Set((text.match(/[^\0-\x7f]/gu) ?? []).map((character) => character.codePointAt(0) ?? 0));
  const rules = INTER.map(([url, range]) => {
    take(missing, range);
    return fontFace('Inter', url, range);
  });
  for (const font of NOTO) {
    if (missing.size === 0) break;
    for (const { path, range } of partsOf(font))
      if (take(missing, range)) {
        const url = `data:font/woff2;base64,${readFileSync(path, 'base64')}`;
        rules.push(fontFace('Noto Sans Report', url, range));
      }
  }
  return rules.join('\n');
}

const fontFace = (family: string, url: string, range: string) =>
  `@font-face{font-family:"${family}";font-weight:100 900;src:url(${url}) format("woff2");unicode-range:${range}}`;

/** Takes the characters of a range out of those that are missing; true where there were any. */
function take(missing: Set<number>, range: string): boolean {
  const before = missing.size;
  for (const part of range.split(',')) {
    const [from = '', to = from] = part.trim().replace(/^U\+/i, '').split('-');
    const [first, last] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
    for (const point of missing) if (point >= first && point <= last) missing.delete(point);
  }
  return missing.size < before;
}

/** Files of a font with the characters of each, by the index that the package brings. */
function partsOf(font: string): readonly { readonly path: string; readonly range: string }[] {
  const folder = dirname(require.resolve(`@fontsource-variable/${font}/package.json`));
  const ranges = JSON.parse(readFileSync(join(folder, 'unicode.json'), 'utf8')) as Record<string, string>;
  return Object.entries(ranges)
    .map(([name, range]) => ({
      path: join(folder, 'files', `${font}-${name.replace(/[[\]]/g, '')}-wght-normal.woff2`),
      range,
    }))
    .filter(({ path }) => existsSync(path));
}
