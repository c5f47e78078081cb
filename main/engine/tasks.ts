/** The tasks of the engine process: everything that runs a network. Pictures arrive as the network's 8-bit input. */
import type { Preset, ProviderChoice, Scope } from '../../preload/contract/model.ts';
import type { Image8 } from '../method/image.ts';
import type { MethodSettings } from '../method/settings.ts';
import type { OpenOptions, TensorValue } from './sessions.ts';

/** Of tasks that run the vision tower. */
interface Attempt {
  /** The graphics devices and drivers that the provider has to do with; becomes part of `providerVersion`. */
  readonly device?: string;
  /** How often the engine died under this task. It may have lacked memory, so it takes fewer pictures at once. */
  readonly deathsBefore?: number;
}

export interface CalibrateInput extends Attempt {
  readonly packFolder: string;
  /** The support set: normal pictures, as `toModelImage` makes them, any size. */
  readonly support: readonly Image8[];
  /** Normal pictures that training never sees: they give the threshold and the p-values. May be empty. */
  readonly heldOut: readonly Image8[];
  /** Whose each picture is, by any numbers: those of one patient count as one. Left out, each is a patient's only one. */
  readonly patients?: { readonly support: readonly number[]; readonly heldOut: readonly number[] };
  readonly preset: Preset;
  /** Instead of the preset's: measurements of memory need few. */
  readonly epochs?: number;
  readonly method: MethodSettings;
  readonly seed: number;
  readonly provider: ProviderChoice;
  /** Share of normals that may be flagged. */
  readonly toleratedShare: number;
  /** How the pictures were made from DICOM values (services/model-input.ts); kept in the profile. */
  readonly preprocessing: string;
  /** Of the application, kept in the profile; left out in measurements. */
  readonly appVersion?: string;
  /** What the normals are images of; kept in the profile. */
  readonly scope?: Scope;
  /** File for checkpoints (checkpoint.ts): one of this very calibration is continued. Whoever names it removes it. */
  readonly checkpoint?: string;
}

export interface CalibrateProgress {
  readonly phase: 'features' | 'training' | 'evidence';
  readonly done: number;
  readonly total: number;
  /** Losses of the steps since the last progress message. */
  readonly losses: readonly number[];
  /** Step of the first of them, counted from 0: a calibration that is resumed tells its losses from the start. */
  readonly firstStep?: number;
  /** What computes it, as `CalibrateOutput` names it. */
  readonly provider?: string;
}

export interface CalibrateOutput {
  /** The profile's tensors and figures as one safetensors file; see profile.ts. */
  readonly profile: Uint8Array;
  readonly steps: number;
  readonly seconds: number;
  readonly stepMs: number;
  readonly lossTrace: readonly number[];
  readonly threshold: number;
  /** Scores of the held-out normals, ascending; of leave-one-out normals where nothing was held out. */
  readonly normalScores: readonly number[];
  readonly provider: string;
  /** E.g. `onnxruntime 1.30.0`, on a graphics card with the devices and drivers behind it. */
  readonly providerVersion: string;
  readonly peakRssMb: number;
}

export interface DetectInput extends Attempt {
  readonly packFolder: string;
  readonly profilePath: string;
  /** Where the profile is a sealed file of an encrypted store. */
  readonly profileKey?: Uint8Array | undefined;
  readonly images: readonly Image8[];
  readonly provider: ProviderChoice;
}

export interface Detection {
  /** Image score, 0..1. */
  readonly score: number;
  /** Conformal p-value against the profile's normals. */
  readonly pValue: number | null;
  readonly flagged: boolean;
  /** Anomaly map, (side, side), 0..1, stretched over the whole picture. */
  readonly map: Float32Array;
  readonly side: number;
}

export interface DetectOutput {
  readonly detections: readonly Detection[];
  readonly provider: string;
  readonly providerVersion: string;
}

/** Left, top, width, height as shares of a picture. */
export type Box = readonly [left: number, top: number, width: number, height: number];

export interface NearestNormalsInput extends Omit<DetectInput, 'images'> {
  /** The support set in its order, for a profile that keeps no patches (profile.ts); else empty. */
  readonly support: readonly Image8[];
  readonly image: Image8;
  readonly region: Box;
}

export interface NearestNormals {
  /** What was compared: the most unusual patch of the region with its neighbours. */
  readonly box: Box;
  /** One per support image, the nearest first. */
  readonly matches: readonly {
    /** Place in the support set as it was calibrated on. */
    readonly support: number;
    readonly box: Box;
    /** 0 the same, 1 unrelated. */
    readonly distance: number;
  }[];
}

export interface FeaturesInput extends Attempt {
  readonly packFolder: string;
  readonly provider: ProviderChoice;
  readonly images: readonly Image8[];
}

export interface ParityInput {
  readonly caseFolder: string;
  readonly format: 'hf' | 'open_clip' | 'openai';
  readonly precision: 'float32' | 'float64';
}

/** Largest differences from the CPU, each relative to the largest value on the CPU; NaN where a value is not a number. */
export interface Agreement {
  readonly vision: number;
  readonly text: number;
  readonly gradients: number;
  /** Over all steps. */
  readonly loss: number;
  /** Of the heads' maps and scores, of patch features and of distances from a memory bank. */
  readonly scores: number;
}

export interface Speed {
  readonly msPerImage: number;
  /** A training step with prompts, of two pictures. */
  readonly msPerStep: number;
}

export interface SelfTestInput {
  readonly packFolder: string;
  readonly provider: string;
  /** Training steps. */
  readonly steps: number;
  /** A provider whose vision tower takes so many times as long as the CPU's is not tested further. */
  readonly giveUpAt?: number;
}

/** Nothing but the vision tower was tested. */
export interface TooSlow {
  readonly tooSlow: true;
  /** The vision tower lies within its tolerance. */
  readonly ok: boolean;
  /** As `Agreement` has it. */
  readonly vision: number;
  /** Of the vision tower's outputs, not relative. */
  readonly maxAbsDiff: number;
  readonly msPerImage: number;
  readonly cpuMsPerImage: number;
}

export interface SelfTestOutput {
  readonly tooSlow: false;
  /** Everything lies within the tolerances of self-test.ts. */
  readonly ok: boolean;
  readonly agreement: Agreement;
  /** As `agreement`, of the parameters after the last step. Not judged: rounding grows through Adam. */
  readonly parameters: number;
  /** Of the vision tower's outputs, not relative. */
  readonly maxAbsDiff: number;
  readonly speed: Speed;
  readonly cpuSpeed: Speed;
}

export interface MeasureInput {
  readonly model: Uint8Array;
  readonly session: OpenOptions;
  readonly feeds: Readonly<Record<string, TensorValue>>;
  /** 0 opens the session and does no more. */
  readonly repeats: number;
}

export interface MeasureOutput {
  readonly openMs: number;
  /** Private memory that opening the session added, MB. */
  readonly openPrivateMb: number;
  readonly runMs: readonly number[];
  /** Processor time of each run, over all threads: other work on the machine hardly disturbs it. */
  readonly runCpuMs: readonly number[];
}

export interface EngineTasks {
  calibrate: { input: CalibrateInput; progress: CalibrateProgress; output: CalibrateOutput };
  detect: { input: DetectInput; progress: { readonly done: number }; output: DetectOutput };
  nearestNormals: { input: NearestNormalsInput; progress: never; output: NearestNormals };
  /** One vector of unit length per picture (features.ts). */
  pictureFeatures: { input: FeaturesInput; progress: never; output: { readonly features: readonly Float32Array[] } };
  parity: {
    input: ParityInput;
    progress: { readonly step: number };
    output: { readonly maxAbs: Readonly<Record<string, number>> };
  };
  selfTest: { input: SelfTestInput; progress: never; output: SelfTestOutput | TooSlow };
  measure: { input: MeasureInput; progress: never; output: MeasureOutput };
  about: {
    input: null;
    progress: never;
    output: {
      readonly onnxruntime: string;
      readonly pid: number;
      /** Resident now, MB. */
      readonly rssMb: number;
      /** The most that ever was resident, MB: with the pages of mapped files. */
      readonly peakRssMb: number;
    };
  };
}
