import type { Image8 } from '../method/image.ts';
import { type DecodedFrame, lookUp, modalityValues, windowLevel } from './frame.ts';
import type { InstanceHeader } from './instance.ts';
import { blackOutside, declaredArea, foundScan, withoutBorder } from './shown-area.ts';

/**
 * What the network sees of an image. This is the one place that decides it; docs/imaging.md explains it. A calibration
 * profile stores the recipe and the version, because a model calibrated on one preprocessing is wrong on another.
 */
export interface ModelInputRecipe {
  readonly version: number;
  /** CT window in HU, or `auto`: by body part, see `CT_WINDOWS`. */
  readonly ctWindow: 'auto' | { readonly center: number; readonly width: number };
  /** Percentiles of a frame that become black and white where no window applies: MR, and whatever has no window. */
  readonly percentiles: { readonly low: number; readonly high: number };
  /** Radiographs: follow the VOI LUT or window that the device stored, or the percentiles always. */
  readonly radiographs: 'as-stored' | 'percentiles';
  /** Whether what lies outside the scan is made black: see shown-area.ts. */
  readonly margins: 'black' | 'as-stored';
}

/** Raised whenever the same pixels would give another picture. */
export const PREPROCESSING_VERSION = 4;

export const DEFAULT_RECIPE: ModelInputRecipe = {
  version: PREPROCESSING_VERSION,
  ctWindow: 'auto',
  percentiles: { low: 0.5, high: 99.5 },
  radiographs: 'as-stored',
  margins: 'black',
};

/** The picture for the network, at the image's own size, and how it was made, for the result's record. */
export interface ModelImage {
  readonly image: Image8;
  /** E.g. `CT window 40/80 HU (brain)`. */
  readonly description: string;
}

interface NamedWindow {
  readonly name: string;
  readonly center: number;
  readonly width: number;
}

const LUNG: NamedWindow = { name: 'lung', center: -600, width: 1500 };
const BRAIN: NamedWindow = { name: 'brain', center: 40, width: 80 };
const BONE: NamedWindow = { name: 'bone', center: 400, width: 1800 };
const SOFT_TISSUE: NamedWindow = { name: 'soft tissue', center: 40, width: 400 };

/**
 * CT windows by words of English and German, without accents: the first line with a word in a text decides, soft tissue where
 * none does. Words for a reconstruction (`bone`, `Weichteil`) come before those for a region, which has several; vessels
 * with contrast and a head with its neck are more than a brain.
 */
const CT_WINDOWS: readonly (readonly [NamedWindow, RegExp])[] = [
  [SOFT_TISSUE, /\b(soft ?tissues?|weichteil\w*|mediastin\w*)\b/],
  [LUNG, /\b(lungs?|lungen?\w*|pulmo\w*|hrct)\b/],
  [BONE, /\b(bones?|bony|osseous|knochen\w*|knochern\w*)\b/],
  [SOFT_TISSUE, /\b(cta|angio\w*|(head|kopf)[^a-z]*(and|und)?[^a-z]*(neck|hals)|carotis|carotids?)\b/],
  [BONE, /\b(gesichtsschadel|mittelgesicht|midface|facial|felsenbein\w*|nnh|nasennebenhohlen|sinus(es)?)\b/],
  [
    BRAIN,
    /\b(head|brain|skull|cerebr\w*|cerebell\w*|neuro\w*|crani\w*|krani\w*|kopf|schadel\w*|\w*hirn|hirn\w*|cct|ncct|stroke|schlaganfall)\b/,
  ],
  [
    BONE,
    /\b(\w?spine|spinal|\w*wirbelsaule\w*|[hbl]ws|extremity|extremities|extremitat\w*|knee|knie\w*|ankle|sprunggelenk|hip|huft\w*|wrist|handgelenk|shoulder|schulter\w*|elbow|ellenbogen|foot|fuss)\b/,
  ],
  [
    SOFT_TISSUE,
    /\b(chest|thorax|thorakal|abdom\w*|\w*bauch|pelvi\w*|becken\w*|liver|hepat\w*|leber\w*|neck|hals|kidneys?|niere\w*|pan[ck]rea\w*)\b/,
  ],
];

/** A text in small letters without accents, and the same where umlauts were spelled out: `Schädel` and `SCHAEDEL` are `schadel`. */
function plainSpellings(text: string): readonly string[] {
  const folded = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const plain = folded.replaceAll('ß', 'ss').replaceAll('_', ' ');
  return [plain, plain.replace(/([aou])e/g, '$1')];
}

const RADIOGRAPHS = new Set(['CR', 'DX', 'MG', 'RF', 'XA', 'PX', 'IO', 'RG']);

/**
 * Makes the picture that the network sees: grey scale by modality, MONOCHROME1 inverted so that dense is bright,
 * padding black, and black too what lies outside the scan (shown-area.ts): names, scales, what a shutter cut off; colour
 * as it is, scaled to 8 bits. The size stays: resizing belongs to the method.
 */
export function toModelImage(
  frame: DecodedFrame,
  header: InstanceHeader,
  recipe: ModelInputRecipe = DEFAULT_RECIPE,
): ModelImage {
  const cuts = recipe.margins === 'black';
  const declared = cuts && header.image ? declaredArea(header.image) : null;
  const { image, description } = allOf(frame, header, recipe, declared);
  const shown = declared ?? (cuts && header.series.modality === 'US' ? foundScan(image) : null);
  if (shown === null) return { image, description };
  return { image: blackOutside(image, shown), description: `${description}, black outside the scan` };
}

/** The whole picture, with whatever text and scales stand beside the scan. */
function allOf(
  frame: DecodedFrame,
  header: InstanceHeader,
  recipe: ModelInputRecipe,
  shown: Uint8Array | null,
): ModelImage {
  if (frame.samplesPerPixel === 3)
    return { image: imageOf(frame, scaledTo8Bits(frame)), description: 'colour as stored' };
  const { levels, description } = greyLevels(frame, header, recipe, shown);
  const inverted = frame.photometric === 'MONOCHROME1';
  if (inverted) for (let i = 0; i < levels.length; i += 1) levels[i] = 255 - (levels[i] as number);
  blackenPadding(frame, levels);
  return { image: imageOf(frame, levels), description: inverted ? `${description}, inverted` : description };
}

/** The CT window for a header: by what its descriptions and body part say. */
export function chooseCtWindow(header: InstanceHeader): NamedWindow {
  const { bodyPart, description, protocol } = header.series;
  // The reconstruction's own description knows best: a lung series of a chest, a bone series of a head.
  for (const text of [description, bodyPart, protocol, header.study.description]) {
    const spellings = plainSpellings(text);
    const found = CT_WINDOWS.find(([, words]) => spellings.some((spelling) => words.test(spelling)));
    if (found) return found[0];
  }
  return SOFT_TISSUE;
}

interface GreyLevels {
  readonly levels: Uint8Array;
  readonly description: string;
}

function greyLevels(
  frame: DecodedFrame,
  header: InstanceHeader,
  recipe: ModelInputRecipe,
  shown: Uint8Array | null,
): GreyLevels {
  const { modality } = header.series;
  if (modality === 'CT' && frame.units === 'HU') {
    const window = recipe.ctWindow === 'auto' ? chooseCtWindow(header) : { name: 'chosen', ...recipe.ctWindow };
    return {
      levels: windowed(frame, window, 'LINEAR'),
      description: `CT window ${window.center}/${window.width} HU (${window.name})`,
    };
  }
  const keepsWindow = RADIOGRAPHS.has(modality) ? recipe.radiographs === 'as-stored' : followsStoredWindow(modality);
  if (keepsWindow && frame.voiLut) return { levels: throughVoiLut(frame, frame.voiLut), description: 'stored VOI LUT' };
  const [preset] = frame.windows;
  if (keepsWindow && preset)
    return {
      levels: windowed(frame, preset, frame.voiFunction),
      description: `stored window ${preset.center}/${preset.width}`,
    };
  if (isPlainEightBit(frame)) return { levels: scaledTo8Bits(frame), description: 'grey as stored' };
  return byPercentiles(frame, recipe, shown);
}

/** MR, PET and NM windows are set by hand at the console: percentiles are steadier. Others keep what they store. */
function followsStoredWindow(modality: string): boolean {
  return !['MR', 'PT', 'NM'].includes(modality);
}

/** Photos, ultrasound and screen captures: 8 bits without any grey-scale transformation. */
function isPlainEightBit(frame: DecodedFrame): boolean {
  const { slope, intercept } = frame.rescale;
  const identity = frame.modalityLut === null && slope === 1 && intercept === 0;
  return identity && frame.data instanceof Uint8Array && frame.bitsStored === 8;
}

function windowed(
  frame: DecodedFrame,
  window: { readonly center: number; readonly width: number },
  kind: DecodedFrame['voiFunction'],
): Uint8Array {
  const values = modalityValues(frame);
  const levels = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i += 1)
    levels[i] = Math.round(windowLevel(values[i] as number, window, kind) * 255);
  return levels;
}

function throughVoiLut(frame: DecodedFrame, table: NonNullable<DecodedFrame['voiLut']>): Uint8Array {
  const values = modalityValues(frame);
  const top = 2 ** table.bits - 1;
  const levels = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i += 1)
    levels[i] = Math.min(255, Math.round((lookUp(table, values[i] as number) / top) * 255));
  return levels;
}

function byPercentiles(frame: DecodedFrame, recipe: ModelInputRecipe, shown: Uint8Array | null): GreyLevels {
  const values = modalityValues(frame);
  const { low, high } = recipe.percentiles;
  const [from, to] = percentilesOf(values, frame, shown, [low, high]);
  const span = to - from;
  const levels = new Uint8Array(values.length);
  if (span > 0)
    for (let i = 0; i < values.length; i += 1) {
      const level = ((values[i] as number) - from) / span;
      levels[i] = Math.round(Math.min(Math.max(level, 0), 1) * 255);
    }
  return { levels, description: `percentiles ${low} to ${high} of the frame` };
}

/** Two percentiles of the pixels that are shown and neither border, nor padding, nor without a number. */
function percentilesOf(
  values: Float32Array,
  frame: DecodedFrame,
  shown: Uint8Array | null,
  [low, high]: readonly [number, number],
): [number, number] {
  const { data, padding, columns } = frame;
  const { left, top, right, bottom } = withoutBorder(frame, data);
  const counts = (value: number, i: number) => {
    const [x, y] = [i % columns, Math.floor(i / columns)];
    if (x < left || x > right || y < top || y > bottom || shown?.[i] === 0) return false;
    return Number.isFinite(value) && !(padding && isWithin(data[i] as number, padding));
  };
  const runs = data.BYTES_PER_ELEMENT <= 2 ? countedRuns(values, data, counts) : sortedRuns(values, counts);
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  const at = (percent: number) => {
    let before = Math.round((percent / 100) * (total - 1));
    for (const { value, count } of runs) {
      if (before < count) return value;
      before -= count;
    }
    return 0;
  };
  return [at(low), at(high)];
}

/** A value and how many pixels have it; lists of them ascend. */
interface Run {
  readonly value: number;
  count: number;
}

/** For stored values of 8 and 16 bits: counting them is ten times as fast as sorting the pixels of a radiograph. */
function countedRuns(
  values: Float32Array,
  stored: DecodedFrame['data'],
  counts: (value: number, i: number) => boolean,
): Run[] {
  const bins: (Run | undefined)[] = new Array(0x1_0000);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    if (!counts(value, i)) continue;
    const at = (stored[i] as number) & 0xffff;
    const bin = bins[at];
    if (bin) bin.count += 1;
    else bins[at] = { value, count: 1 };
  }
  return bins.filter((bin) => bin !== undefined).sort((a, b) => a.value - b.value);
}

function sortedRuns(values: Float32Array, counts: (value: number, i: number) => boolean): Run[] {
  const runs: Run[] = [];
  for (const value of values.filter(counts).sort()) {
    const last = runs.at(-1);
    if (last?.value === value) last.count += 1;
    else runs.push({ value, count: 1 });
  }
  return runs;
}

/** Colour or grey samples without transformation, shifted to 8 bits. */
function scaledTo8Bits(frame: DecodedFrame): Uint8Array {
  const { data, bitsStored } = frame;
  if (data instanceof Uint8Array && bitsStored === 8) return data.slice();
  const top = 2 ** bitsStored - 1;
  const levels = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 1)
    levels[i] = Math.min(Math.max(Math.round(((data[i] as number) / top) * 255), 0), 255);
  return levels;
}

function blackenPadding(frame: DecodedFrame, levels: Uint8Array): void {
  const { padding, data } = frame;
  if (!padding) return;
  for (let i = 0; i < data.length; i += 1) if (isWithin(data[i] as number, padding)) levels[i] = 0;
}

function isWithin(value: number, range: { readonly from: number; readonly to: number }): boolean {
  return value >= range.from && value <= range.to;
}

function imageOf(frame: DecodedFrame, data: Uint8Array): Image8 {
  return { width: frame.columns, height: frame.rows, channels: frame.samplesPerPixel, data };
}
