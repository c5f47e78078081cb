import { createHmac } from 'node:crypto';

/**
 * What stands in place of identities. Everything follows from a secret key by HMAC-SHA256: the same key gives the same
 * pseudonyms for the same originals, in every file and every run, and without the key none leads back.
 */
export interface Pseudonyms {
  /** A UID below 2.25 for an original one. */
  uid(original: string): string;
  /** For one patient, told by whatever the files have in common. */
  patient(identity: string): { readonly id: string; readonly name: string; readonly shiftDays: number };
}

/** Dates move back by 400 to 4,000 days: no date then is the same patient's other date by accident of a short stay. */
const SHIFT = { least: 400, most: 4000 };

export function pseudonymsOf(key: Uint8Array): Pseudonyms {
  const digest = (kind: string, text: string) => createHmac('sha256', key).update(`${kind}\0${text}`).digest('hex');
  return {
    uid: (original) => `2.25.${BigInt(`0x${digest('uid', original).slice(0, 32)}`)}`,
    patient(identity) {
      const hex = digest('patient', identity);
      const id = hex.slice(0, 12).toUpperCase();
      const shiftDays = SHIFT.least + (Number.parseInt(hex.slice(12, 20), 16) % (SHIFT.most - SHIFT.least));
      return { id, name: `Anonymous^${id}`, shiftDays };
    },
  };
}

/** A DA or DT value some days earlier; the time of day stays. Null where it holds no date. */
export function shiftDate(value: string, days: number): string | null {
  const found = /^(\d{4})[.]?(\d{2})[.]?(\d{2})(.*)$/.exec(value.trim());
  if (!found) return null;
  const [, year, month, day, rest] = found;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  date.setUTCDate(date.getUTCDate() - days);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9999) return null;
  const shifted = date.toISOString().slice(0, 10).replaceAll('-', '');
  return `${shifted}${rest}`;
}
