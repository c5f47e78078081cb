/** Capitals, digits and a few signs, 5 x 7 pixels, for words that are burned into pictures. */
import type { EdgeLetters } from '../../preload/contract/edge-letters.ts';
import type { RgbPicture } from './capture.ts';

/** Columns from left to right; bit 0 is the top row. */
const GLYPHS: Readonly<Record<string, string>> = {
  ',': '0050300000',
  '-': '0808080808',
  '.': '0060600000',
  '=': '1414141414',
  '0': '3e5149453e',
  '1': '00427f4000',
  '2': '4261514946',
  '3': '2141454b31',
  '4': '1814127f10',
  '5': '2745454539',
  '6': '3c4a494930',
  '7': '0171090503',
  '8': '3649494936',
  '9': '064949291e',
  A: '7e1111117e',
  B: '7f49494936',
  C: '3e41414122',
  D: '7f4141221c',
  E: '7f49494941',
  F: '7f09090901',
  G: '3e4149497a',
  H: '7f0808087f',
  I: '00417f4100',
  J: '2040413f01',
  K: '7f08142241',
  L: '7f40404040',
  M: '7f020c027f',
  N: '7f0408107f',
  O: '3e4141413e',
  P: '7f09090906',
  Q: '3e4151215e',
  R: '7f09192946',
  S: '4649494931',
  T: '01017f0101',
  U: '3f4040403f',
  V: '1f2040201f',
  W: '3f4038403f',
  X: '6314081463',
  Y: '0708700807',
  Z: '6151494543',
};

const ADVANCE = 6;
const LINE = 11;

/**
 * The picture with a black bar below it that holds the lines in white, in capitals, as large as the longest one allows
 * (at most 3 picture pixels for each of the font's). Characters that the font lacks become blanks.
 */
export function withCaption(picture: RgbPicture, lines: readonly string[]): RgbPicture {
  const longest = Math.max(...lines.map((line) => line.length));
  const scale = Math.max(1, Math.min(3, Math.floor(picture.width / (longest * ADVANCE + 4))));
  const bar = (lines.length * LINE + 4) * scale;
  const [width, height] = [picture.width, picture.height + bar];
  const data = new Uint8Array(width * height * 3);
  data.set(picture.data);
  for (const [row, line] of lines.entries())
    for (const [place, character] of [...line.toUpperCase()].entries())
      drawGlyph(
        { width, height, data },
        character,
        (2 + place * ADVANCE) * scale,
        picture.height + (3 + row * LINE) * scale,
        scale,
      );
  return { width, height, data };
}

/**
 * Letters at the four edges of the picture's own data, white with a black rim so that they show on bone and on air. Larger
 * letters than captions have: 3 picture pixels for each of the font's.
 */
export function drawEdgeLetters(picture: RgbPicture, { top, right, bottom, left }: EdgeLetters): void {
  const { width, height } = picture;
  const [wide, high] = [ADVANCE * LETTER_SCALE, 7 * LETTER_SCALE];
  const centred = (word: string) => Math.round((width - word.length * wide) / 2);
  const middle = Math.round((height - high) / 2);
  const words: readonly (readonly [word: string, x: number, y: number])[] = [
    [top, centred(top), MARGIN],
    [bottom, centred(bottom), height - high - MARGIN],
    [left, MARGIN, middle],
    [right, width - right.length * wide - MARGIN, middle],
  ];
  for (const [word, x, y] of words)
    for (const [place, character] of [...word].entries()) {
      const at = x + place * wide;
      for (const dx of RIM) for (const dy of RIM) drawGlyph(picture, character, at + dx, y + dy, LETTER_SCALE, 0);
      drawGlyph(picture, character, at, y, LETTER_SCALE);
    }
}

const LETTER_SCALE = 3;
/** Between letters and the picture's edge, pixels. */
const MARGIN = 8;
const RIM = [-2, 0, 2];

function drawGlyph(
  { width, data }: RgbPicture,
  character: string,
  left: number,
  top: number,
  scale: number,
  grey = 255,
): void {
  const columns = GLYPHS[character] ?? '0000000000';
  for (let x = 0; x < 5 * scale && left + x < width; x++) {
    const bits = Number.parseInt(columns.slice(2 * Math.floor(x / scale), 2 * Math.floor(x / scale) + 2), 16);
    for (let y = 0; y < 7 * scale; y++)
      if ((bits >> Math.floor(y / scale)) & 1) {
        const at = ((top + y) * width + left + x) * 3;
        data.fill(grey, at, at + 3);
      }
  }
}
