/**
 * Text of DICOM elements by Specific Character Set (0008,0005): single-byte sets, UTF-8, GB18030/GBK, and ISO 2022 code
 * extensions (PS3.3 C.12.1.1.2, PS3.5 section 6.1.2 and annexes H to K).
 */

/** The character sets in force for a data set, in the order of the element's values. Empty: the default repertoire. */
export type CharacterSets = readonly string[];

type Decode = (bytes: Uint8Array) => string;

const latin1: Decode = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
const decoders = new Map<string, TextDecoder>();

/** A decoder of the Encoding standard by its label. */
function encoding(label: string): Decode {
  return (bytes) => {
    let decoder = decoders.get(label);
    if (!decoder) {
      decoder = new TextDecoder(label);
      decoders.set(label, decoder);
    }
    return decoder.decode(bytes);
  };
}

/** Upper halves (G1) of the single-byte sets, by ISO-IR number. 13 is JIS X 0201: half-width katakana. */
const SINGLE_BYTE: Readonly<Record<string, Decode>> = {
  '6': latin1,
  '13': encoding('shift_jis'),
  '100': latin1,
  '101': encoding('iso-8859-2'),
  '109': encoding('iso-8859-3'),
  '110': encoding('iso-8859-4'),
  '126': encoding('iso-8859-7'),
  '127': encoding('iso-8859-6'),
  '138': encoding('iso-8859-8'),
  '144': encoding('iso-8859-5'),
  '148': encoding('windows-1254'), // the superset of ISO 8859-9 that the Encoding standard knows
  '166': encoding('windows-874'), // the same for TIS 620
  '203': encoding('iso-8859-15'),
};

/** JIS X 0208 in G0 is EUC-JP without the high bits; JIS X 0212 the same with EUC's single shift 3 before each pair. */
const jisX0208: Decode = (bytes) => encoding('euc-jp')(bytes.map((byte) => byte | 0x80));
const jisX0212: Decode = (bytes) => {
  const shifted: number[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2)
    shifted.push(0x8f, (bytes[i] as number) | 0x80, (bytes[i + 1] as number) | 0x80);
  return encoding('euc-jp')(Uint8Array.from(shifted));
};

/** Escape sequences after ESC (PS3.3 tables C.12-3 and C.12-4): which half they set, and to what. */
const ESCAPES: readonly (readonly [sequence: string, half: 'g0' | 'g1', decode: Decode])[] = [
  ['$(D', 'g0', jisX0212],
  ['$)C', 'g1', encoding('euc-kr')],
  ['$)A', 'g1', encoding('gb18030')],
  ['$B', 'g0', jisX0208],
  ['(B', 'g0', latin1],
  ['(J', 'g0', latin1], // JIS X 0201 romaji; its yen sign and overline are read as ASCII, as every reader does
  [')I', 'g1', encoding('shift_jis')],
  ['-A', 'g1', latin1],
  ['-B', 'g1', encoding('iso-8859-2')],
  ['-C', 'g1', encoding('iso-8859-3')],
  ['-D', 'g1', encoding('iso-8859-4')],
  ['-F', 'g1', encoding('iso-8859-7')],
  ['-G', 'g1', encoding('iso-8859-6')],
  ['-H', 'g1', encoding('iso-8859-8')],
  ['-L', 'g1', encoding('iso-8859-5')],
  ['-M', 'g1', encoding('windows-1254')],
  ['-T', 'g1', encoding('windows-874')],
  ['-b', 'g1', encoding('iso-8859-15')],
];

const ESC = 0x1b;

/**
 * Decodes the bytes of a text element. Never throws: what cannot be decoded becomes U+FFFD.
 * Where no character set is declared, bytes above 127 are read as UTF-8 if they are valid UTF-8, else as Latin-1.
 * @param delimiters characters at which code extensions return to the first set, e.g. `\^=` for person names.
 */
export function decodeText(bytes: Uint8Array, sets: CharacterSets, delimiters = '\\\r\n\f\t'): string {
  if (!bytes.some((byte) => byte >= 0x80 || byte === ESC)) return latin1(bytes);
  const first = normalised(sets[0]);
  if (first === 'ISO_IR 192') return encoding('utf-8')(bytes);
  if (first === 'GB18030' || first === 'GBK') return encoding('gb18030')(bytes);
  if (bytes.includes(ESC)) return decodeWithExtensions(bytes, initialG1(first), delimiters);
  if (first === '' && sets.length <= 1) return utf8OrLatin1(bytes);
  return initialG1(first)(bytes);
}

function decodeWithExtensions(bytes: Uint8Array, firstG1: Decode, delimiters: string): string {
  let g0: Decode = latin1;
  let g1 = firstG1;
  let text = '';
  let start = 0;
  const flush = (end: number) => {
    text += decodeHalves(bytes.subarray(start, end), g0, g1);
    start = end;
  };
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] as number;
    if (byte === ESC) {
      const found = ESCAPES.find(([sequence]) => matches(bytes, i + 1, sequence));
      if (!found) continue;
      flush(i);
      if (found[1] === 'g0') g0 = found[2];
      else g1 = found[2];
      i += found[0].length;
      start = i + 1;
    } else if (g0 === latin1 && byte < 0x80 && delimiters.includes(String.fromCharCode(byte))) {
      // Two-byte G0 sets contain the codes of the delimiters, so only a single-byte G0 can end at one.
      flush(i);
      g1 = firstG1;
    }
  }
  flush(bytes.length);
  return text;
}

/** Decodes runs of low bytes with G0 and runs of high bytes with G1. */
function decodeHalves(bytes: Uint8Array, g0: Decode, g1: Decode): string {
  let text = '';
  for (let start = 0; start < bytes.length; ) {
    const high = (bytes[start] as number) >= 0x80;
    let end = start + 1;
    while (end < bytes.length && (bytes[end] as number) >= 0x80 === high) end += 1;
    text += (high ? g1 : g0)(bytes.subarray(start, end));
    start = end;
  }
  return text;
}

/** `ISO 2022 IR 100` and `ISO_IR 100` name the same set; writers also misspell the underscore and the case. */
function normalised(term: string | undefined): string {
  const trimmed = (term ?? '').trim().toUpperCase();
  const number = /^ISO[ _-]?(?:2022[ _-]?)?IR[ _-]?(\d+)$/.exec(trimmed)?.[1];
  return number === undefined ? trimmed : `ISO_IR ${number}`;
}

function initialG1(first: string): Decode {
  return SINGLE_BYTE[first.replace('ISO_IR ', '')] ?? latin1;
}

function utf8OrLatin1(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return latin1(bytes);
  }
}

function matches(bytes: Uint8Array, offset: number, sequence: string): boolean {
  for (let i = 0; i < sequence.length; i += 1) if (bytes[offset + i] !== sequence.charCodeAt(i)) return false;
  return true;
}
