/**
 * Makes every value of a data set valid for its value representation (PS3.5 6.2): what sources, readers and operating
 * systems call things does not always fit, and an object must not repeat another's errors.
 */
import dcmjs from 'dcmjs';
import type { Dataset } from './dataset.ts';

/** A data set with valid values. What can be shortened is; what cannot be said validly is left empty. */
export function validDataset(dataset: Dataset): Dataset {
  return Object.fromEntries(
    Object.entries(dataset).map(([keyword, value]) => [keyword, keyword === '_vrMap' ? value : valid(keyword, value)]),
  );
}

function valid(keyword: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => valid(keyword, one));
  if (typeof value === 'object' && value?.constructor === Object) return validDataset(value as Dataset);
  if (typeof value !== 'string') return value;
  return RULES[dcmjs.data.DicomMetaDictionary.nameMap[keyword]?.vr ?? '']?.(value) ?? value;
}

const onlyIf = (pattern: RegExp) => (value: string) => (pattern.test(value) ? value : '');

/** The backslash parts values, so no value can hold it; nor may it hold control characters. */
const plain = (value: string) => value.replaceAll('\\', '/').replace(/\p{Cc}/gu, ' ');
const shortened = (most: number) => (value: string) => [...plain(value)].slice(0, most).join('').trimEnd();

/** Up to three groups of up to five components each (PS3.5 6.2.1), without empty ones at the end. */
const personName = (value: string) => value.split('=').slice(0, 3).map(nameGroup).join('=');
const nameGroup = (value: string) => shortened(64)(value.split('^').slice(0, 5).join('^')).replace(/\^+$/, '');

const RULES: Readonly<Record<string, (value: string) => string>> = {
  AS: onlyIf(/^\d{3}[DWMY]$/),
  CS: onlyIf(/^[A-Z0-9 _]{0,16}$/),
  DA: onlyIf(/^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/),
  DS: onlyIf(/^(?=.{1,16}$)[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/),
  LO: shortened(64),
  PN: personName,
  SH: shortened(16),
  TM: onlyIf(/^([01]\d|2[0-3])([0-5]\d(([0-5]\d|60)([.]\d{1,6})?)?)?$/),
};
