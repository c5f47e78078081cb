import type { Scope } from '../../preload/contract/model.ts';

/** Whether two calibrations are for the same images: one of them is active at a time. */
export function isSameScope(one: Scope, other: Scope): boolean {
  return (['modality', 'bodyPart', 'view', 'scanner', 'protocol'] as const).every((part) => one[part] === other[part]);
}
