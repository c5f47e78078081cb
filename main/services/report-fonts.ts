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
import subsetFont from 'subset-font';

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

/**
 * In the order in which they are asked for a character. Those of one script come first, since the index of the Chinese
 * font names letters of others that it lacks; Han characters look Japanese where Japanese has them.
 */
const NOTO = [
  'noto-sans-arabic',
  'noto-sans-hebrew',
  'noto-sans-thai',
  'noto-sans-devanagari',
  'noto-sans-jp',
  'noto-sans-kr',
  'noto-sans-sc',
] as const;

const require = createRequire(import.meta.url);

/** For `font-family`, in this order. */
export const REPORT_FONT_FAMILIES = '"Inter", "Noto Sans Report", sans-serif';

/** Those that reports and their footers use. */
const WEIGHTS = [400, 600] as const;
/** Page numbers are filled in later, so all of it is always there. */
const ASCII = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 0x20 + index));

/**
 * The @font-face rules that a text needs. Chromium writes variable fonts into a PDF as Type 3, drawings without hints
 * or a name; so each font goes in as a static one of each weight, with the glyphs of the text alone.
 */
export async function reportFonts(text: string): Promise<string> {
  const missing = new Set(ASCII + text.replace(/\p{Cc}/gu, ''));
  const rules: string[] = [];
  for (const [url, range] of INTER) {
    const taken = take(missing, range);
    if (taken !== '') rules.push(...(await fontFaces('Inter', bytesOf(url), taken, range)));
  }
  for (const font of NOTO) {
    if (missing.size === 0) break;
    for (const { path, range } of partsOf(font)) {
      const taken = take(missing, range);
      if (taken !== '') rules.push(...(await fontFaces('Noto Sans Report', readFileSync(path), taken, range)));
    }
  }
  return rules.join('\n');
}

const bytesOf = (dataUrl: string) => Buffer.from(dataUrl.slice(dataUrl.indexOf(',') + 1), 'base64');

/** A rule for each weight. `woff2`: a variable font; `characters`: those of it that are used. */
async function fontFaces(family: string, woff2: Buffer, characters: string, range: string): Promise<readonly string[]> {
  const rules: string[] = [];
  for (const weight of WEIGHTS) {
    const font = await subsetFont(woff2, characters, { targetFormat: 'truetype', variationAxes: { wght: weight } });
    const url = `data:font/ttf;base64,${font.toString('base64')}`;
    rules.push(
      `@font-face{font-family:"${family}";font-weight:${weight};src:url(${url}) format("truetype");unicode-range:${range}}`,
    );
  }
  return rules;
}

/** Takes the characters of a range out of those that are missing, and returns them. */
function take(missing: Set<string>, range: string): string {
  let taken = '';
  for (const part of range.split(',')) {
    const [from = '', to = from] = part.trim().replace(/^U\+/i, '').split('-');
    const [first, last] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
    for (const character of missing) {
      const point = character.codePointAt(0) ?? 0;
      if (point < first || point > last) continue;
      missing.delete(character);
      taken += character;
    }
  }
  return taken;
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
