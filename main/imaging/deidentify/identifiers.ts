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

export interface Identifiers {
  /** Whether bytes hold one of them: long ones anywhere, short ones as a whole value. */
  areIn(bytes: Uint8Array): boolean;
}

/** The names, numbers and dates of a data set and its sequences. */
export function identifiersOf(dataset: DataSet): Identifiers {
  const parts = new Set<string>();
  const wholes = new Set<string>();
  collect(dataset, (text) => {
    const value = text.trim().toLowerCase();
    if (value.length >= SHORTEST_PART) parts.add(value);
    else if (value !== '') wholes.add(value);
  });
  const long = [...parts];
  return {
    areIn(bytes) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').toLowerCase();
      return long.some((part) => text.includes(part)) || text.split('\\').some((value) => wholes.has(value.trim()));
    },
  };
}

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
    if (vr === 'PN') for (const part of text.split(/[\\^=]|(?<=\w)[ ,.;]+(?=\w)/)) found(part);
    else if (vr === 'DA' || vr === 'DT') for (const date of text.match(/\d{8}/g) ?? []) found(date);
    else if (NUMBERS.has(element.tag)) for (const number of text.split('\\')) found(number);
  }
}
