/** What a calibration is for, and which images and studies lie within that. */
import type { Scope, ScopeCount } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { getAttributes, listScopes } from '../store/attributes.ts';
import { getCalibration } from '../store/calibrations.ts';
import { listFrames } from '../store/studies.ts';
import type { Workstation } from './workstation.ts';

/** The kinds of images in the store, the most frequent first. */
export function listStoredScopes({ store }: Workstation): readonly ScopeCount[] {
  return listScopes(store.db);
}

/** Whether an image is of the scope's kind; an empty part of the scope means any. */
export function isWithin(scope: Scope, image: Scope): boolean {
  const fits = (wanted: string, has: string) => wanted === '' || wanted.toLowerCase() === has.toLowerCase();
  return (
    fits(scope.modality, image.modality) &&
    fits(scope.bodyPart, image.bodyPart) &&
    fits(scope.view, image.view) &&
    fits(scope.scanner, image.scanner)
  );
}

/**
 * The scope of a calibration on these images: the one that was asked for, or what all of them have in common, of any
 * scanner.
 * @throws Fault `bad-reference-set` where modalities are mixed, or an image lies outside of what was asked for
 */
export function scopeOf(images: readonly Scope[], wanted?: Scope): Scope {
  if (wanted) {
    const outside = images.filter((image) => !isWithin(wanted, image)).length;
    if (outside > 0)
      throw new Fault(
        'bad-reference-set',
        `${outside} of the ${images.length} images ${outside === 1 ? 'is' : 'are'} not ${describeScope(wanted)}. Take them out of the set, or widen the scope.`,
      );
    return wanted;
  }
  const values = (of: (image: Scope) => string) => [...new Set(images.map(of))];
  const modalities = values(({ modality }) => modality);
  if (modalities.length > 1)
    throw new Fault(
      'bad-reference-set',
      `This set mixes images of ${modalities.sort().join(' and ')}. A calibration is for one modality; make a set for each.`,
    );
  const common = (found: readonly string[]) => (found.length === 1 ? (found[0] ?? '') : '');
  return {
    modality: modalities[0] ?? '',
    bodyPart: common(values(({ bodyPart }) => bodyPart)),
    view: common(values(({ view }) => view)),
    scanner: '',
  };
}

/**
 * Why a study lies outside of what a calibration was made for, in a sentence; '' where all its images lie within.
 * @throws Fault `not-found`
 */
export function misfitOf(
  { store: { db } }: Workstation,
  { studyInstanceUid, calibrationId }: { readonly studyInstanceUid: string; readonly calibrationId: string },
): string {
  const scope = getCalibration(db, calibrationId);
  const images = listFrames(db, studyInstanceUid).filter((frame) => !frame.localizer);
  const kinds = images.map((frame) => getAttributes(db, frame)).filter((image) => !isWithin(scope, image));
  if (kinds.length === 0) return '';
  const others = [...new Set(kinds.map(describeScope))].slice(0, 3).join(', ');
  return (
    `${kinds.length} of the ${images.length} images (${others}) are not ${describeScope(scope)}, which this calibration ` +
    'was made for. Its scores would mean little on them.'
  );
}

function describeScope({ modality, bodyPart, view, scanner }: Scope): string {
  const parts = [modality, bodyPart, view, scanner].filter((part) => part !== '');
  return parts.length > 0 ? parts.join(' ') : 'of any kind';
}
