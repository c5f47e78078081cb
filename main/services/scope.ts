/** What a calibration is for, and which images and studies lie within that. */
import type { CalibrationChoice, Scope, StoredKind } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { getAttributes, listKinds } from '../store/attributes.ts';
import { getCalibration, listCalibrations } from '../store/calibrations.ts';
import { listFrames } from '../store/studies.ts';
import type { Workstation } from './workstation.ts';

/** The kinds of images in the store, the most frequent first. */
export function listStoredKinds({ store }: Workstation): readonly StoredKind[] {
  return listKinds(store.db);
}

/** Whether an image is of the scope's kind; an empty part of the scope means any. */
export function isWithin(scope: Scope, image: Scope): boolean {
  const fits = (wanted: string, has: string) => wanted === '' || wanted.toLowerCase() === has.toLowerCase();
  return (
    fits(scope.modality, image.modality) &&
    fits(scope.bodyPart, image.bodyPart) &&
    fits(scope.view, image.view) &&
    fits(scope.scanner, image.scanner) &&
    fits(scope.protocol, image.protocol)
  );
}

/** A scope that a person asked for; what it leaves out is as the images have it. */
export type WantedScope = Omit<Scope, 'protocol'> & { readonly protocol?: string | undefined };

/** What images have in common; '' where they differ. */
const commonOf = (images: readonly Scope[], part: keyof Scope): string => {
  const found = new Set(images.map((image) => image[part]));
  return found.size === 1 ? ([...found][0] ?? '') : '';
};

/**
 * The scope of a calibration on these images: the one that was asked for, or what all of them have in common, down to
 * their scanner and protocol.
 * @throws Fault `bad-reference-set` where modalities are mixed, or an image lies outside of what was asked for
 */
export function scopeOf(images: readonly Scope[], asked?: WantedScope): Scope {
  if (asked) {
    const wanted = { ...asked, protocol: asked.protocol ?? commonOf(images, 'protocol') };
    const outside = images.filter((image) => !isWithin(wanted, image)).length;
    if (outside > 0)
      throw new Fault(
        'bad-reference-set',
        `${outside} of the ${images.length} images ${outside === 1 ? 'is' : 'are'} not ${describeScope(wanted)}. Take them out of the set, or widen the scope.`,
      );
    return wanted;
  }
  const modalities = [...new Set(images.map(({ modality }) => modality))];
  if (modalities.length > 1)
    throw new Fault(
      'bad-reference-set',
      `This set mixes images of ${modalities.sort().join(' and ')}. A calibration is for one modality; make a set for each.`,
    );
  return commonScope(images);
}

/** What all images have in common. */
export const commonScope = (images: readonly Scope[]): Scope => ({
  modality: commonOf(images, 'modality'),
  bodyPart: commonOf(images, 'bodyPart'),
  view: commonOf(images, 'view'),
  scanner: commonOf(images, 'scanner'),
  protocol: commonOf(images, 'protocol'),
});

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
  return misfit(scope, kinds, images.length);
}

/** In a sentence why images lie outside of a scope; '' where there are none. @param outside those of `all` that do */
export function misfit(scope: Scope, outside: readonly Scope[], all: number): string {
  if (outside.length === 0) return '';
  const others = PARTS.flatMap(([part, said]) => differences(scope, outside, part, said)).join('; ');
  return (
    `${outside.length} of the ${all} images are not ${describeScope(scope)}, which this calibration was made for: ` +
    `${others}. Its scores would mean little on them.`
  );
}

const PARTS = [
  ['modality', (found, wanted) => `modality ${found} instead of ${wanted}`],
  ['bodyPart', (found, wanted) => `body part ${found} instead of ${wanted}`],
  ['view', (found, wanted) => `view ${found} instead of ${wanted}`],
  ['scanner', (found, wanted) => `manufacturer ${found} instead of ${wanted}`],
  ['protocol', (found, wanted) => `protocol ${found} instead of ${wanted}`],
] as const satisfies readonly (readonly [keyof Scope, Difference])[];

type Difference = (found: string, wanted: string) => string;

/** E.g. `manufacturer ACME instead of OTHER`; nothing where the images agree with the scope in this part. */
function differences(scope: Scope, images: readonly Scope[], part: keyof Scope, said: Difference): readonly string[] {
  const wanted = scope[part];
  const found = new Set(images.map((image) => image[part]));
  const others = [...found].filter((has) => wanted !== '' && has.toLowerCase() !== wanted.toLowerCase());
  if (others.length === 0) return [];
  const named = others
    .slice(0, 3)
    .map((other) => other || 'not stated')
    .join(', ');
  return [said(others.length > 3 ? `${named} and others` : named, wanted)];
}

/**
 * The active calibration that was made for all images of a study, localisers aside: of several the most particular one,
 * protocol before scanner before view before body part.
 * @throws Fault `not-found`
 */
export function calibrationFor({ store: { db } }: Workstation, studyInstanceUid: string): CalibrationChoice {
  const frames = listFrames(db, studyInstanceUid).filter((frame) => !frame.localizer);
  const images = frames.map((frame) => getAttributes(db, frame));
  const rank = ({ protocol, scanner, view, bodyPart }: Scope) =>
    [protocol, scanner, view, bodyPart].reduce((sum, part) => 2 * sum + Number(part !== ''), 0);
  const fitting = listCalibrations(db)
    .filter((row) => row.active && images.length > 0 && images.every((image) => isWithin(row, image)))
    .sort((one, other) => rank(other) - rank(one));
  return {
    calibrationId: fitting[0]?.id ?? null,
    fitting: fitting.length,
    study: commonScope(images),
  };
}

function describeScope({ modality, bodyPart, view, scanner, protocol }: Scope): string {
  const parts = [modality, bodyPart, view, scanner, protocol].filter((part) => part !== '');
  return parts.length > 0 ? parts.join(' ') : 'of any kind';
}
