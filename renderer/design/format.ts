/** How values read on the screen. Numbers and dates follow the locale of the window. */
import { language } from '../language/language.svelte.ts';
import { text } from './text.ts';

/** DICOM person name (PN, PS3.5 section 6.2): 'Doe^Jane^M' reads 'Doe, Jane M'. Ideographic parts follow after '='. */
export function formatPersonName(name: string): string {
  const [alphabetic = '', ideographic = ''] = name.split('=');
  const read = (group: string) => {
    const [family = '', given = '', middle = ''] = group.split('^').map((part) => part.trim());
    const first = [given, middle].filter((part) => part !== '').join(' ');
    return family !== '' && first !== '' ? `${family}, ${first}` : family || first;
  };
  return [read(alphabetic), read(ideographic)].filter((part) => part !== '').join(' · ') || text().noName;
}

/** DICOM date (DA, YYYYMMDD) in the reader's locale, its month as a word so that it cannot be mistaken; else as it is. */
export function formatDicomDate(date: string): string {
  const parts = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(date.trim());
  if (!parts) return date;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  const moment = new Date(Date.UTC(year, month - 1, day));
  const exists = moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day;
  return exists ? moment.toLocaleDateString(language.locale, { dateStyle: 'medium', timeZone: 'UTC' }) : date;
}

/** DICOM time (TM, HHMMSS.FFFFFF) as HH:MM. */
export function formatDicomTime(time: string): string {
  const parts = /^(\d{2}):?(\d{2})/.exec(time.trim());
  return parts ? `${parts[1]}:${parts[2]}` : '';
}

/** An ISO 8601 time of this application in the reader's locale and zone. */
export function formatMoment(iso: string): string {
  const moment = new Date(iso);
  return Number.isNaN(moment.getTime())
    ? iso
    : moment.toLocaleString(language.locale, { dateStyle: 'medium', timeStyle: 'short' });
}

/** '45 s', '3 min 20 s', '1 h 05 min'. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** With so many decimals, also where they are zeros. */
export function formatFixed(number: number, decimals: number): string {
  return number.toLocaleString(language.locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

export function formatScore(score: number): string {
  return formatFixed(score, 3);
}

/** 'W 400  L 40'; windows of a few values, as of maps from 0 to 1, with decimals. */
export function formatWindow({ center, width }: { readonly center: number; readonly width: number }): string {
  const decimals = Math.abs(width) < 10 ? 2 : 0;
  const figure = (value: number) =>
    value.toLocaleString(language.locale, {
      maximumFractionDigits: decimals,
      useGrouping: false,
      signDisplay: 'negative',
    });
  return `W ${figure(width)}  L ${figure(center)}`;
}

/** A p-value as it is quoted in print: three decimals, and never '0'. */
export function formatPValue(pValue: number): string {
  return pValue < 0.001 ? `p < ${formatFixed(0.001, 3)}` : `p = ${formatFixed(pValue, 3)}`;
}

/** A share as percent with as many decimals as it needs: '5%', '2.5%', '2,5 %'. */
export function formatShare(share: number): string {
  return share.toLocaleString(language.locale, { style: 'percent', maximumFractionDigits: 1 });
}

export function formatNumber(number: number): string {
  return number.toLocaleString(language.locale);
}

/** '1 image', '3 images', '2 series'. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString(language.locale)} ${number === 1 ? one : many}`;
}

/** An AUROC or another figure of 0..1 with its interval: `0.913 (0.85–0.97)` */
export function formatInterval({
  value,
  low,
  high,
}: {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}): string {
  return `${formatFixed(value, 3)} (${formatFixed(low, 2)}–${formatFixed(high, 2)})`;
}
