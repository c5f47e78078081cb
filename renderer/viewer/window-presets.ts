/** Windows on the keys 1 to 9. */
import { text } from './text.ts';

export interface WindowLevel {
  readonly center: number;
  readonly width: number;
}

export interface WindowPreset extends WindowLevel {
  readonly key: string;
  readonly name: string;
}

/** What a picture's file says of windows. */
export interface FileWindows {
  /** The one that it asks for. */
  readonly asked: WindowLevel;
  /** Others that it offers, with what it calls them; '' for nothing. */
  readonly further: readonly (WindowLevel & { readonly explanation: string })[];
  /** From its lowest value to its highest. */
  readonly range: WindowLevel;
}

/** The usual ones, in HU. */
const ctWindows = {
  softTissue: { center: 40, width: 400 },
  lung: { center: -600, width: 1500 },
  liver: { center: 90, width: 150 },
  bone: { center: 480, width: 2500 },
  brain: { center: 40, width: 80 },
  subdural: { center: 75, width: 215 },
  stroke: { center: 40, width: 40 },
  mediastinum: { center: 50, width: 350 },
  temporalBone: { center: 600, width: 2800 },
} as const;

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** Windows in HU mean something for CT alone: other pictures get theirs from what their file says; none before it is here. */
export function presetsFor(modality: string, file: FileWindows | null = null): readonly WindowPreset[] {
  const windows = modality === 'CT' ? ctPresets() : file ? presetsOf(file) : [];
  return windows.slice(0, keys.length).map((window, index) => ({ ...window, key: keys[index]! }));
}

function ctPresets() {
  const names = Object.keys(ctWindows) as (keyof typeof ctWindows)[];
  return names.map((name) => ({ name: text().windowNames[name], ...ctWindows[name] }));
}

function presetsOf({ asked, further, range }: FileWindows) {
  const { center, width } = asked;
  const names = text().windowNames;
  return [
    { name: names.fullRange, ...range },
    { name: names.narrower, center, width: width / 2 },
    { name: names.wider, center, width: width * 2 },
    { name: names.brighter, center: center - width / 4, width },
    { name: names.darker, center: center + width / 4, width },
    ...further.map(({ explanation, ...window }) => ({ name: explanation || names.ofFile, ...window })),
  ];
}

/** Whether two windows look alike: what Cornerstone makes of one and gives back is not the same to the last digit. */
export function sameWindow(one: WindowLevel, other: WindowLevel): boolean {
  const least = Math.max(1e-6, Math.abs(other.width) / 1000);
  return Math.abs(one.center - other.center) <= least && Math.abs(one.width - other.width) <= least;
}
