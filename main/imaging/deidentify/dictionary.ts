import dcmjs from 'dcmjs';
import type { Element } from 'dicom-parser';

/** The VR of an element: its own, else that of the DICOM dictionary (PS3.6), else null where nobody knows it. */
export function vrOf(element: Element): string | null {
  if (element.vr !== undefined && element.vr !== 'UN') return element.vr;
  return dictionaryVr(element.tag) ?? (element.items ? 'SQ' : null);
}

/** Null for tags that PS3.6 does not list. Of several VRs the one for bytes. */
function dictionaryVr(tag: string): string | null {
  const name = `(${tag.slice(1, 5)},${tag.slice(5)})`.toUpperCase();
  const entry = dcmjs.data.DicomMetaDictionary.dictionary[name];
  if (entry?.tag.toUpperCase() !== name) return null; // it answers unknown tags with similar ones
  return { ox: 'OW', xs: 'US', 'US or SS': 'US', 'OB or OW': 'OW' }[entry.vr] ?? entry.vr;
}
