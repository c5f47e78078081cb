/** What identifies a patient in a file, so that nothing of it stays where nobody expected it. */
import type { DataSet } from 'dicom-parser';
import { bytesOf, itemsOf } from '../dataset.ts';
import { vrOf } from './dictionary.ts';

/** Elements whose values are numbers of a patient, visit or order. */
const NUMBERS = new Set(
  '00080050 00100020 00101000 00101090 00200010 00380010 00380060 00401001 00402016 00402017 00400253 0040050a'
    .split(' ')
    .map((tag) => `x${tag}`),
);

/** Shorter ones are found within too many words that mean something else. */
const SHORTEST_PART = 4;
/** Of so many letters, none stands in pixels by chance. */
const SHORTEST_IN_BYTES = 6;

export interface Identifiers {
  /**
   * Whether a text holds one of them: long ones anywhere, those of two or three letters as a word.
   * @param words false: long ones alone
   */
  areInText(bytes: Uint8Array, words: boolean): boolean;
  /** Whether one of at least six letters stands anywhere in bytes that may be anything. */
  areInBytes(bytes: Uint8Array): boolean;
  /** Whether one of the values is, as a whole, one of at least four letters or six digits. */
  areValues(bytes: Uint8Array): boolean;
}

/** The names, numbers and dates of a data set and its sequences. */
export function identifiersOf(dataset: DataSet): Identifiers {
  const all = new Set<string>();
  collect(dataset, (text) => {
    const value = text.trim().toLowerCase();
    if (value !== '' && !SAYS_NOTHING.test(value)) all.add(value);
  });
  const longerThan = (least: number) => [...all].filter((value) => value.length >= least);
  const parts = longerThan(SHORTEST_PART);
  const inBytes = longerThan(SHORTEST_IN_BYTES);
  const wholes = new Set(parts.filter((part) => part.length >= 6 || /[^\d.]/.test(part)));
  return {
    areInText(bytes, words) {
      const text = lowerCase(bytes);
      if (parts.some((part) => text.includes(part))) return true;
      if (!words) return false;
      const values = text.split('\\').map((value) => value.trim());
      return [...values, ...text.split(NO_LETTER).filter((word) => word.length > 1)].some((word) => all.has(word));
    },
    areInBytes(bytes) {
      for (let from = 0; from < bytes.length; from += CHUNK) {
        const text = lowerCase(bytes.subarray(from, from + CHUNK + OVERLAP));
        if (inBytes.some((part) => text.includes(part))) return true;
      }
      return false;
    },
    areValues: (bytes) =>
      lowerCase(bytes)
        .split('\\')
        .some((value) => wholes.has(value.trim())),
  };
}

/** What stands in place of a name in files that were de-identified before. */
const SAYS_NOTHING = /^(anonymous|anonymized|unknown|none|0+)$/;
/** Bytes above ASCII are letters in every character set that matters here. */
const NO_LETTER = /[^a-z0-9\x80-\xff]+/;

/** Pixel data may be larger than a string: they are looked through in pieces, which overlap by the longest value. */
const CHUNK = 16 * 1024 * 1024;
const OVERLAP = 4096;

const lowerCase = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').replaceAll('\0', ' ').toLowerCase();

function collect(dataset: DataSet, found: (text: string) => void): void {
  for (const element of Object.values(dataset.elements)) {
    if (element.items) {
      for (const item of itemsOf(dataset, element.tag)) collect(item, found);
      continue;
    }
    const vr = vrOf(element);
    const bytes = bytesOf(dataset, element.tag);
    if (!bytes || bytes.length > 4096) continue;
    const text = Buffer.from(bytes).toString('latin1').replaceAll('\0', ' ');
    if (vr === 'PN') for (const part of namePartsOf(text)) found(part);
    else if (vr === 'DA' || vr === 'DT') for (const date of text.match(/\d{8}/g) ?? []) found(date);
    else if (NUMBERS.has(element.tag)) for (const number of text.split('\\')) found(number);
  }
}

/** The words of PN values. Short ones before and behind a name (Mr, MD) are nobody's. */
function namePartsOf(text: string): string[] {
  const components = text.split(/[\\=]/).flatMap((value) => value.split('^').map((part, at) => ({ part, at })));
  return components.flatMap(({ part, at }) =>
    part.split(/(?<=\w)[ ,.;]+(?=\w)/).filter((word) => at < PREFIX || word.trim().length >= SHORTEST_PART),
  );
}

/** Family, given and middle name come first (PS3.5 section 6.2.1.1). */
const PREFIX = 3;
