/** The words that go with a phantom: what it is, what is wrong with it, where. */
import type { Random } from '../method/random.ts';
import type { Recipe } from './scene.ts';

/** The method's phrases for the normal state (Zhang et al., 2024), as a report would use them. */
const normalForms: readonly ((name: string) => string)[] = [
  (name) => `normal ${name}.`,
  (name) => `${name}, normal.`,
  (name) => `healthy ${name}.`,
  (name) => `unremarkable ${name}.`,
  (name) => `${name}, clear.`,
  (name) => `negative ${name}.`,
  (name) => `${name} with normal findings.`,
  (name) => `${name} with no findings.`,
  (name) => `${name} of an asymptomatic person in good health.`,
  (name) => `${name} with no evidence of disease.`,
];

const abnormalForms: readonly ((name: string, finding: string) => string)[] = [
  (name, finding) => `${name} with ${finding}.`,
  (name, finding) => `abnormal ${name} with ${finding}.`,
  (name, finding) => `${name} showing ${finding}.`,
  (name, finding) => `${name}, positive, ${finding}.`,
  (name, finding) => `${finding} in ${name}, abnormal finding.`,
  (name, finding) => `${name} with a lesion, ${finding}.`,
  (name, finding) => `pathological ${name}, ${finding}.`,
  (name, finding) => `${name} with evidence of disease, ${finding}.`,
  (name, finding) => `impaired, symptomatic, ${name} with ${finding}.`,
  (name, finding) => `${name} with ${finding}, pathological condition.`,
  (name, finding) => `${name} with ${finding}, a pathological abnormality.`,
];

/** `mask` is side * side, 1 inside the lesion; places are those of the picture, not of the patient. */
export function describe(recipe: Recipe, lesion: string | null, mask: Uint8Array, side: number, words: Random): string {
  const name = pick(words, recipe.names);
  if (lesion === null) return pick(words, normalForms)(name);
  const finding = pick(words, recipe.lesions[lesion]!);
  const place = placeOf(mask, side);
  const located = place !== '' && words.uniform() < 0.6 ? `${sizeOf(mask)}${finding} ${place}` : finding;
  return pick(words, abnormalForms)(name, located);
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)]!;
}

function sizeOf(mask: Uint8Array): string {
  let area = 0;
  for (const inside of mask) area += inside;
  const share = area / mask.length;
  return share < 0.008 ? 'small ' : share > 0.06 ? 'large ' : '';
}

function placeOf(mask: Uint8Array, side: number): string {
  let area = 0;
  let sumX = 0;
  let sumY = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    area++;
    sumX += i % side;
    sumY += Math.floor(i / side);
  }
  if (area === 0) return '';
  const x = sumX / area / side;
  const y = sumY / area / side;
  const vertical = y < 0.38 ? 'upper ' : y > 0.62 ? 'lower ' : '';
  const horizontal = x < 0.42 ? 'left' : x > 0.58 ? 'right' : 'middle';
  return `in the ${vertical}${horizontal}`;
}
