import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../../tests/support/store.ts';
import { Fault } from '../../fault.ts';
import { findIndependentReader } from '../conformance/compare.ts';
import { itemsOf, parseDataset, stringOf, textOf } from '../dataset.ts';
import { dicomFile, type Element, imageElements } from '../samples.ts';
import { type DeidentifyOptions, deidentify } from './deidentify.ts';

const options: DeidentifyOptions = { key: Buffer.alloc(32, 7), dates: 'shifted', keepPatientCharacteristics: false };

/** A slice of a patient, with identity in every kind of place. */
function slice(studyDate: string, more: [number, string, string | null][] = []): Uint8Array {
  const request: Element[] = [
    [0x00081155, 'UI', '1.2.3.4.5'],
    [0x00321032, 'PN', 'House^Gregory'],
    [0x00400007, 'LO', 'CT of Mrs Lovelace'],
  ];
  return dicomFile(
    imageElements([
      [0x00080018, 'UI', '1.2.3.4.6'],
      [0x00080020, 'DA', studyDate],
      [0x00080050, 'SH', 'ACC-2207'],
      [0x00081030, 'LO', 'Chest of Lovelace'],
      [0x00081140, 'SQ', [request]],
      [0x00090010, 'LO', 'VENDOR'],
      [0x00091001, 'LO', 'Lovelace'],
      [0x00100010, 'PN', 'Lovelace^Ada'],
      [0x00100020, 'LO', 'PID-1815'],
      [0x00100030, 'DA', '18151210'],
      [0x00100040, 'CS', 'F'],
      [0x00101010, 'AS', '036Y'],
      [0x00180015, 'CS', 'CHEST'],
      [0x00181020, 'LO', 'v2 for Lovelace'],
      [0x0020000d, 'UI', '1.2.3.4.7'],
      [0x60003000, 'OW', new Uint8Array(2)],
      ...more,
    ]),
  );
}

const read = (bytes: Uint8Array) => parseDataset(bytes).dataset;

describe('de-identification', () => {
  it('leaves nothing that identifies the patient, and everything that the image needs', () => {
    const { bytes, patientId } = deidentify(slice('20240131'), options);
    for (const secret of [
      'lovelace',
      'house',
      'gregory',
      'pid-1815',
      '1815',
      '20240131',
      'acc-2207',
      '1.2.3.4',
      'vendor',
    ])
      expect(Buffer.from(bytes).toString('latin1').toLowerCase()).not.toContain(secret);
    const after = read(bytes);
    expect(textOf(after, 'x00100010', [])).toBe(`Anonymous^${patientId}`);
    expect(stringOf(after, 'x00180015')).toBe('CHEST');
    expect(Object.keys(after.elements).filter((tag) => /^x(...[13579bdf]|60)/.test(tag))).toEqual([]);
    expect(after.elements.x7fe00010?.length).toBe(read(slice('20240131')).elements.x7fe00010?.length);
    expect(itemsOf(after, 'x00120064').map((item) => stringOf(item, 'x00080100'))).toEqual(['113100', '113107']);
    expect([stringOf(after, 'x00120062'), stringOf(after, 'x00280303')]).toEqual(['YES', 'MODIFIED']);
  });

  it('gives one patient one pseudonym and keeps the days between the dates; another key gives others', () => {
    const [first, second] = ['20240131', '20240302'].map((date) => deidentify(slice(date), options));
    expect(second?.patientId).toBe(first?.patientId);
    expect(second?.studyUid).toBe(first?.studyUid);
    const day = (bytes: Uint8Array) => {
      const date = stringOf(read(bytes), 'x00080020');
      return Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`) / 86_400_000;
    };
    expect(day(second!.bytes) - day(first!.bytes)).toBe(31);
    const other = deidentify(slice('20240131'), { ...options, key: Buffer.alloc(32, 8) });
    expect([other.patientId, other.studyUid]).not.toContain(first?.patientId);
    expect(other.studyUid).not.toBe(first?.studyUid);
  });

  it('keeps sex and age, and drops dates, where that is asked for, and records it', () => {
    const { bytes } = deidentify(slice('20240131'), { ...options, dates: 'removed', keepPatientCharacteristics: true });
    const after = read(bytes);
    expect([stringOf(after, 'x00100040'), stringOf(after, 'x00101010')]).toEqual(['F', '036Y']);
    expect([stringOf(after, 'x00080020'), stringOf(after, 'x00280303')]).toEqual(['', 'REMOVED']);
    expect(itemsOf(after, 'x00120064').map((item) => stringOf(item, 'x00080100'))).toEqual(['113100', '113108']);
  });

  it('refuses an image with text in its pixels, and notes one that may have some', () => {
    expect(() => deidentify(slice('20240131', [[0x00280301, 'CS', 'YES']]), options)).toThrow(/drawn into its pixels/);
    expect(deidentify(slice('20240131', [[0x00080060, 'CS', 'US']]), options).notes).toHaveLength(1);
    expect(deidentify(slice('20240131'), options).notes).toEqual([]);
  });
});

const real = resolve(import.meta.dirname, '../../../../shared/data/dicom');
const python = findIndependentReader();

interface Seen {
  readonly names: readonly string[];
  readonly rawNames: readonly string[];
  readonly numbers: readonly string[];
  readonly dates: readonly string[];
  readonly uids: readonly string[];
  readonly samePixels: boolean;
  readonly codes: readonly string[];
  readonly privateElements: readonly string[];
  readonly uidsKept: readonly string[];
}

/** Shorter ones occur by chance among the digits of UIDs and in pixels. */
function secretsOf({ names, rawNames, numbers, dates, uids }: Seen): Buffer[] {
  const texts = [
    ...names.filter((name) => name.length > 3),
    ...numbers.filter((number) => number.length > 4),
    ...dates,
  ];
  const text = [...texts, ...uids.filter((uid) => uid.length > 8)].filter((value) => !/^anonymous$/i.test(value));
  const raw = rawNames.map((hex) => Buffer.from(hex, 'hex')).filter((bytes) => bytes.length > 3);
  return [...text.map((value) => Buffer.from(value)), ...raw.filter((bytes) => !/^anonymous$/i.test(bytes.toString()))];
}

describe.skipIf(python === null || !existsSync(real))('de-identified real files, by an independent reader', () => {
  it('keep no name, number, date or UID of the original anywhere in their bytes', { timeout: 240_000 }, () => {
    const out = freshFolder();
    mkdirSync(join(out, 'clean'));
    const pairs: [string, string][] = [];
    for (const entry of readdirSync(real, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      try {
        const cleaned = join(out, 'clean', `${pairs.length}.dcm`);
        writeFileSync(cleaned, deidentify(readFileSync(path), options, path).bytes);
        pairs.push([path, cleaned]);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault);
      }
    }
    expect(pairs.length).toBeGreaterThan(190);
    const script = resolve(import.meta.dirname, '../conformance/identifiers-with-pydicom.py');
    const input = pairs.map((pair) => `${pair.join('\t')}\n`).join('');
    const { stdout, stderr } = spawnSync(python as string, [script], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
    const seen = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Seen);
    expect(seen.length, stderr).toBe(pairs.length);
    const left = seen.flatMap((one, i) => {
      const bytes = readFileSync((pairs[i] as [string, string])[1])
        .toString('latin1')
        .toLowerCase();
      const kept = secretsOf(one).filter((secret) => bytes.includes(secret.toString('latin1').toLowerCase()));
      return kept.map((secret) => `${pairs[i]?.[0].slice(real.length)}: ${secret}`);
    });
    expect(left).toEqual([]);
    for (const [i, { samePixels, codes, privateElements, uidsKept }] of seen.entries())
      expect({ samePixels, codes, privateElements, uidsKept }, pairs[i]?.[0]).toEqual({
        samePixels: true,
        codes: ['113100', '113107'],
        privateElements: [],
        uidsKept: [],
      });
  });
});
