/** Which normals train and which are held out: drawn with the seed, by patient, whatever order they were chosen in. */
import { Fault } from '../fault.ts';
import { Random } from '../method/random.ts';

/** One normal image as a draw sees it. */
export interface Drawable {
  /** The same image has the same key everywhere: its SOP Instance UID and frame. */
  readonly key: string;
  /** Images with the same owner are of one patient. */
  readonly owner: string;
}

export interface Draw<T> {
  readonly support: readonly T[];
  readonly heldOut: readonly T[];
}

/** More say hardly more: with 400, a share of 5% lies within 3.1% and 7.3%. Scoring them all would take hours. */
const MOST_HELD_OUT = 400;

export interface PatientDraw<T> extends Draw<T> {
  /** Other images of the patients who train, which would flatter the threshold; and what is more than enough. */
  readonly setAside: readonly T[];
}

export interface DrawOptions {
  /** `content`: the same images give the same draw, in whatever order they come. */
  readonly order?: 'content' | 'given';
  readonly mostHeldOut?: number;
}

/**
 * Draws `shots` normals so that no patient is in both parts. Patients are drawn first: as many as the shots need, and
 * up to half of them where there are that many, so that training sees several; then their images, one of each in
 * turn. With one image per patient this is a draw of images.
 * @throws Fault `bad-reference-set` where there are too few, or where training would take every patient
 */
export function drawByPatient<T extends Drawable>(
  normals: readonly T[],
  shots: number,
  seed: number,
  { order = 'content', mostHeldOut = MOST_HELD_OUT }: DrawOptions = {},
): PatientDraw<T> {
  requireEnough(normals.length, shots);
  const ordered = order === 'given' ? normals : [...normals].sort((a, b) => (a.key < b.key ? -1 : 1));
  const random = new Random(seed);
  const patients = random.shuffle(byOwner(ordered));
  const training = patients.slice(0, patientsToTrain(patients, shots));
  if (training.length === patients.length && shots < normals.length)
    throw new Fault(
      'bad-reference-set',
      patients.length === 1
        ? 'All of these images are of one patient, so none can be held out: the threshold must rest on other patients. Add normal images of more patients.'
        : `${shots} images to train on would take all ${patients.length} patients, and none would be left to set the threshold. Train on fewer images, or add normals of more patients.`,
    );
  const piles = training.map((images) => random.shuffle([...images]));
  const chosen = new Set<T>();
  for (let turn = 0; chosen.size < shots; turn++)
    for (const pile of piles) if (turn < pile.length && chosen.size < shots) chosen.add(pile[turn]!);
  const trainingOwners = new Set(training.map(([image]) => image?.owner));
  const free = ordered.filter(({ owner }) => !trainingOwners.has(owner));
  const heldOut = new Set(free.length > mostHeldOut ? random.shuffle([...free]).slice(0, mostHeldOut) : free);
  return {
    support: ordered.filter((image) => chosen.has(image)),
    heldOut: ordered.filter((image) => heldOut.has(image)),
    setAside: ordered.filter((image) => !chosen.has(image) && !heldOut.has(image)),
  };
}

/**
 * Draws `count` images, patient by patient, so that none of their patients is in the rest. What is left of the last
 * patient is in neither part.
 */
export function divideByPatient<T extends Drawable>(
  images: readonly T[],
  count: number,
  seed: number,
): { readonly first: readonly T[]; readonly rest: readonly T[] } {
  const patients = new Random(seed).shuffle(byOwner(images));
  const chosen = new Set<T>();
  const owners = new Set<string>();
  for (const patient of patients)
    for (const image of patient)
      if (chosen.size < count) {
        chosen.add(image);
        owners.add(image.owner);
      }
  return {
    first: images.filter((image) => chosen.has(image)),
    rest: images.filter(({ owner }) => !owners.has(owner)),
  };
}

function byOwner<T extends Drawable>(images: readonly T[]): T[][] {
  const patients = new Map<string, T[]>();
  for (const image of images) patients.set(image.owner, [...(patients.get(image.owner) ?? []), image]);
  return [...patients.values()];
}

/** How many of the patients, in their drawn order, train. */
function patientsToTrain(patients: readonly (readonly unknown[])[], shots: number): number {
  let needed = 0;
  for (let images = 0; images < shots; needed++) images += patients[needed]!.length;
  return Math.max(needed, Math.min(shots, Math.floor(patients.length / 2)));
}

function requireEnough(normals: number, shots: number): void {
  if (normals < 2)
    throw new Fault(
      'bad-reference-set',
      `A calibration needs at least 2 normal images, and there ${normals === 1 ? 'is 1' : 'are none'}. Add some more.`,
    );
  if (shots > normals)
    throw new Fault(
      'bad-reference-set',
      `${shots} normal images were asked for, and there are ${normals}. Add some, or ask for fewer.`,
    );
}
