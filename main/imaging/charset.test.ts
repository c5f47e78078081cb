import { describe, expect, it } from 'vitest';
import { decodeText } from './charset.ts';

const ESC = '\x1b';
const person = (bytes: string, sets: readonly string[]) => decodeText(Buffer.from(bytes, 'latin1'), sets, '\\^=');

describe('decodeText', () => {
  // Names and bytes of PS3.5 annexes H, I and J.
  it.each([
    ['Latin-1', 'Buc^J\xe9r\xf4me', ['ISO_IR 100'], 'Buc^Jérôme'],
    ['Latin-2', 'W\xb3odek', ['ISO_IR 101'], 'Włodek'],
    ['Greek', '\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2', ['ISO_IR 126'], 'Διονυσιος'],
    ['Cyrillic', '\xbb\xee\xdace\xdc\xd1yp\xd3', ['ISO_IR 144'], 'Люкceмбypг'],
    ['Hebrew', '\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4', ['ISO_IR 138'], 'שרון^דבורה'],
    ['UTF-8', 'Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1=', ['ISO_IR 192'], 'Wang^XiaoDong=王^小東='],
    ['GB18030', 'Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=', ['GB18030'], 'Wang^XiaoDong=王^小东='],
    [
      'Japanese with code extensions',
      `Yamada^Tarou=${ESC}$B;3ED${ESC}(B^${ESC}$BB@O:${ESC}(B=${ESC}$B$d$^$@${ESC}(B^${ESC}$B$?$m$&${ESC}(B`,
      ['', 'ISO 2022 IR 87'],
      'Yamada^Tarou=山田^太郎=やまだ^たろう',
    ],
    [
      'Japanese with katakana first',
      `\xd4\xcf\xc0\xde^\xc0\xdb\xb3=${ESC}$B;3ED${ESC}(J^${ESC}$BB@O:${ESC}(J`,
      ['ISO 2022 IR 13', 'ISO 2022 IR 87'],
      'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎',
    ],
    [
      'Korean with code extensions',
      `Hong^Gildong=${ESC}$)C\xfb\xf3^${ESC}$)C\xd1\xce\xd4\xd7=${ESC}$)C\xc8\xab^${ESC}$)C\xb1\xe6\xb5\xbf`,
      ['', 'ISO 2022 IR 149'],
      'Hong^Gildong=洪^吉洞=홍^길동',
    ],
    [
      'Chinese with code extensions',
      `Zhang^XiaoDong=${ESC}$)A\xd5\xc5^${ESC}$)A\xd0\xa1\xb6\xab=`,
      ['', 'ISO 2022 IR 58'],
      'Zhang^XiaoDong=张^小东=',
    ],
    ['JIS X 0212', `${ESC}$(D\x30\x21${ESC}(B`, ['', 'ISO 2022 IR 159'], '丂'],
  ])('reads %s', (_, bytes, sets, expected) => {
    expect(person(bytes, sets)).toBe(expected);
  });

  it('returns to the first set at a delimiter of person names', () => {
    expect(person(`${ESC}-L\xb8^\xe9`, ['ISO 2022 IR 100', 'ISO 2022 IR 144'])).toBe('И^é');
  });

  it('reads undeclared UTF-8 as such and anything else as Latin-1', () => {
    expect(person('J\xc3\xa9r\xc3\xb4me', [])).toBe('Jérôme');
    expect(person('J\xe9r\xf4me', [])).toBe('Jérôme');
  });

  it('accepts misspelled terms and never fails', () => {
    expect(person('\xe9', ['iso-ir 100'])).toBe('é');
    expect(person(`\xe9${ESC}`, ['NO SUCH SET'])).toContain('é');
    expect(person('\xff\xff', ['ISO_IR 192'])).toBe('\ufffd\ufffd');
  });
});
