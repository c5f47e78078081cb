/**
 * Fictional images of many kinds, with a mask and a caption that say what was put in. No photograph and no patient is
 * behind any of them. One seed draws one picture, on any machine; with and without a lesion the anatomy is the same.
 */
import { Fault } from '../fault.ts';
import type { Image8 } from '../method/image.ts';
import { Random } from '../method/random.ts';
import { describe } from './caption.ts';
import { ctAbdomen, ctChest, ctHead } from './ct.ts';
import { fundus } from './fundus.ts';
import { mrBrain, mrKnee } from './mr.ts';
import { radiographChest, radiographHand } from './radiograph.ts';
import type { Recipe, Unit } from './scene.ts';
import { blankPlane, drawPose, makeSheet } from './sheet.ts';
import { textureContours, textureDeadLeaves, textureFractal, texturePerlin, textureVoronoi } from './texture.ts';
import { ultrasoundAbdomen, ultrasoundBreast } from './ultrasound.ts';

const recipes = {
  'ct-head': ctHead,
  'ct-chest': ctChest,
  'ct-abdomen': ctAbdomen,
  'mr-brain': mrBrain,
  'mr-knee': mrKnee,
  'radiograph-chest': radiographChest,
  'radiograph-hand': radiographHand,
  'ultrasound-abdomen': ultrasoundAbdomen,
  'ultrasound-breast': ultrasoundBreast,
  fundus,
  'texture-perlin': texturePerlin,
  'texture-voronoi': textureVoronoi,
  'texture-dead-leaves': textureDeadLeaves,
  'texture-contours': textureContours,
  'texture-fractal': textureFractal,
} as const satisfies Record<string, Recipe>;

export type PhantomKind = keyof typeof recipes;

export const phantomKinds = Object.keys(recipes) as readonly PhantomKind[];

/** The kinds with anatomy: what the demo shows. */
export const anatomicalKinds = phantomKinds.filter((kind) => recipes[kind].modality !== 'OT');

/** Seeds from here on are never drawn in training: the demo, the tests and held-out measurements use them. */
export const HELD_OUT_SEEDS = 1_000_000_000;

export interface Phantom {
  readonly kind: PhantomKind;
  readonly seed: number;
  readonly side: number;
  readonly channels: 1 | 3;
  readonly unit: Unit;
  /** side * side * channels values in the unit, interleaved: HU -1024..3071, counts12 0..4095, grey8 0..255. */
  readonly values: Int16Array;
  /** side * side, 1 where the lesion is. */
  readonly mask: Uint8Array;
  readonly caption: string;
  /** DICOM modality (PS3.3 C.7.3.1.1.1); OT for textures. */
  readonly modality: Recipe['modality'];
  /** DICOM Body Part Examined; NONE for textures. */
  readonly bodyPart: string;
  readonly lesion: string | null;
  /** Display window in the unit. */
  readonly window: { readonly center: number; readonly width: number };
  /** mm */
  readonly pixelSpacing: number;
}

export interface PhantomOptions {
  /** A name from `lesionKinds(kind)`, 'any' for one that the seed picks, null (the default) for a normal picture. */
  readonly lesion?: string | null;
  /** Side in pixels, 224 when absent. */
  readonly size?: number;
  /** Height of a slice in the body part, 0..1; drawn from the seed when absent. */
  readonly level?: number;
}

/** The lesions that a kind can carry. */
export function lesionKinds(kind: PhantomKind): readonly string[] {
  return Object.keys(recipes[kind].lesions);
}

/**
 * A lesion that finds no place in the seed's anatomy, e.g. wide ventricles above the ventricles, is not there: of `any` the
 * next kind is drawn in its stead, and a picture that was asked for by name is a normal one, in caption and `lesion` too.
 * @throws Fault `usage` for a kind or lesion that does not exist
 */
export function drawPhantom(kind: PhantomKind, seed: number, options: PhantomOptions = {}): Phantom {
  const recipe: Recipe | undefined = recipes[kind];
  if (recipe === undefined)
    throw new Fault('usage', `There is no phantom of kind "${kind}". Known: ${phantomKinds.join(', ')}.`);
  const { lesion: wanted = null } = options;
  const names = lesionKinds(kind);
  if (wanted !== null && wanted !== 'any' && !names.includes(wanted))
    throw new Fault('usage', `A ${kind} phantom cannot carry "${wanted}". Known: ${names.join(', ')}.`);
  const first = forksOf(seed).fate.below(names.length);
  const inTurn = [...names.slice(first), ...names.slice(0, first)];
  for (const lesion of wanted === 'any' ? inTurn : wanted === null ? [] : [wanted]) {
    const phantom = draw(kind, seed, options, lesion);
    if (phantom.mask.includes(1)) return phantom;
  }
  return draw(kind, seed, options, null);
}

/** Streams of random numbers, so that what one part of a picture draws does not change another. */
function forksOf(seed: number) {
  const random = new Random(seed);
  return {
    anatomy: random.fork(),
    fate: random.fork(),
    acquisition: random.fork(),
    words: random.fork(),
    pose: random.fork(),
  };
}

function draw(kind: PhantomKind, seed: number, options: PhantomOptions, lesion: string | null): Phantom {
  const recipe: Recipe = recipes[kind];
  const side = options.size ?? 224;
  const { anatomy, fate, acquisition, words, pose } = forksOf(seed);
  fate.below(lesionKinds(kind).length); // the kind of `any`, drawn whether it is asked for or not
  const drawnLevel = pose.between(0.05, 0.95);
  const sheet = makeSheet(side, drawPose(pose), pose);
  const mask = blankPlane(sheet);
  const planes = recipe.draw({ sheet, anatomy, fate, acquisition, lesion, level: options.level ?? drawnLevel, mask });

  const { channels } = recipe;
  const values = new Int16Array(side * side * channels);
  for (let c = 0; c < channels; c++) {
    const plane = planes[c]!;
    for (let i = 0; i < plane.length; i++) values[i * channels + c] = Math.round(plane[i]!);
  }
  const binary = Uint8Array.from(mask, (share) => (share >= 0.5 ? 1 : 0));
  return {
    kind,
    seed,
    side,
    channels,
    unit: recipe.unit,
    values,
    mask: binary,
    caption: describe(recipe, lesion, binary, side, words),
    modality: recipe.modality,
    bodyPart: recipe.bodyPart,
    lesion,
    window: recipe.window,
    pixelSpacing: recipe.fieldOfView / side,
  };
}

/** The picture as a display shows it: values through the window to 8 bits. */
export function showPhantom(phantom: Phantom, window = phantom.window): Image8 {
  const low = window.center - window.width / 2;
  const scale = 255 / window.width;
  const data = new Uint8Array(phantom.values.length);
  for (let i = 0; i < data.length; i++)
    data[i] = Math.max(0, Math.min(255, Math.round((phantom.values[i]! - low) * scale)));
  return { width: phantom.side, height: phantom.side, channels: phantom.channels, data };
}
