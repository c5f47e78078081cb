/**
 * A calibration profile: everything that a site's calibration produced, as one safetensors file. It holds no date and
 * no machine path, so that the same seed, pictures and provider give the same bytes.
 *
 * Tensors: `adapter.N.weight` (embedDim, width of tap N), `adapter.N.bias` (embedDim), `text.features` (embedDim, 2),
 * `evidence.normal_scores` (n) ascending, `evidence.normal_weights` (n) what each counts (method/conformal.ts),
 * `training.loss` (steps). Where the support set was cut into folds also `fold.F.adapter.N.*`; with the memory bank those
 * of opinions.ts, and
 * `evidence.peak_deviations` (n), because there a picture's score is not the highest point of its map: that point in the
 * order of the scores, in deviations and before the shift of `fusion.map`. Profiles from before weights were kept have
 * the shifted ones instead, as scores and ascending: `evidence.normal_peaks` (n).
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Preset, Scope } from '../../preload/contract/model.ts';
import { methodSettingsSchema } from '../../preload/contract/workstation.ts';
import { Fault } from '../fault.ts';
import { eachAlone, type WeightedScores } from '../method/conformal.ts';
import type { Image8 } from '../method/image.ts';
import { deviationsOf, scoreOf } from '../method/second-opinion.ts';
import { decodeSafetensors, encodeSafetensors } from '../modelpack/safetensors.ts';
import { precisions } from './precision.ts';
import type { CalibrateInput } from './tasks.ts';

export interface ProfileTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const scopeSchema = z.object({
  modality: z.string(),
  bodyPart: z.string(),
  view: z.string(),
  scanner: z.string(),
  protocol: z.string(),
}) satisfies z.ZodType<Scope>;

const manifestSchema = z.object({
  format: z.literal('mediclip-profile'),
  version: z.literal(1),
  modelName: z.string(),
  modelSha256: z.string(),
  preset: z.enum(['parity', 'fast', 'default']),
  /** Absent in profiles that were made before it could be chosen. */
  method: methodSettingsSchema.optional(),
  seed: z.number(),
  shots: z.number(),
  steps: z.number(),
  toleratedShare: z.number(),
  threshold: z.number(),
  /** Where the normals' scores come from: kept out of training, cross-fitted, or (optimistic) the support set itself. */
  evidence: z.enum(['held-out', 'cross-fit', 'support']),
  provider: z.string(),
  /** What computed it, e.g. `onnxruntime 1.30.0`, then devices and drivers; empty in profiles from before it was kept. */
  providerVersion: z.string().default(''),
  /** Of the weights where they were computed with; all computing is float32. See precision.ts. */
  precision: z.enum(precisions).default('float32'),
  preprocessing: z.string(),
  /** Of the application that made it; empty in profiles from before it was kept. */
  appVersion: z.string().default(''),
  /**
   * SHA-256 of the pictures that trained and that set the threshold, and of which are of one patient: the reference set by
   * what is in it, whatever a site calls it. Empty in profiles from before it was kept.
   */
  imagesSha256: z.string().default(''),
  /** What it was calibrated for; absent in profiles from before it was kept. */
  scope: scopeSchema.optional(),
});
export type ProfileManifest = z.infer<typeof manifestSchema> & { readonly preset: Preset };

export interface Profile {
  readonly manifest: ProfileManifest;
  readonly tensors: ReadonlyMap<string, ProfileTensor>;
}

/** The `imagesSha256` of a profile: the same for the same pictures in the same draw, wherever they come from. */
export function imagesSha256Of({
  support,
  heldOut,
  patients,
}: Pick<CalibrateInput, 'support' | 'heldOut' | 'patients'>): string {
  const hash = createHash('sha256');
  const add = (part: string, images: readonly Image8[], owners: readonly number[] | undefined) => {
    for (const [i, { width, height, channels, data }] of images.entries())
      hash.update(JSON.stringify([part, owners?.[i] ?? i, width, height, channels])).update(data);
  };
  add('support', support, patients?.support);
  add('held-out', heldOut, patients?.heldOut);
  return hash.digest('hex');
}

/** (n) */
export function vector(values: readonly number[]): ProfileTensor {
  return { shape: [values.length], data: Float32Array.from(values) };
}

/** Deterministic bytes of a profile. */
export function encodeProfile(profile: Profile): Uint8Array {
  const tensors = new Map(
    [...profile.tensors].map(([name, { shape, data }]) => [name, { dtype: 'F32' as const, shape, data }]),
  );
  // Parsed, its keys stand in the order of the schema, whoever put it together.
  return encodeSafetensors(tensors, { profile: JSON.stringify(manifestSchema.parse(profile.manifest)) });
}

/** @throws Fault `bad-profile` where the bytes are not a whole profile of this version. */
export function decodeProfile(bytes: Uint8Array, path?: string): Profile {
  const about = path === undefined ? {} : { path };
  try {
    const { metadata, tensors } = decodeSafetensors(bytes);
    const manifest = manifestSchema.parse(JSON.parse(metadata.profile ?? 'null'));
    const floats = new Map<string, ProfileTensor>();
    for (const [name, tensor] of tensors) {
      if (!(tensor.data instanceof Float32Array)) throw new Error(`tensor ${name} is not float32`);
      floats.set(name, { shape: tensor.shape, data: tensor.data });
    }
    for (const needed of ['adapter.0.weight', 'adapter.0.bias', 'text.features', 'evidence.normal_scores'])
      if (!floats.has(needed)) throw new Error(`tensor ${needed} is missing`);
    return { manifest, tensors: floats };
  } catch (cause) {
    throw new Fault(
      'bad-profile',
      'This is not a calibration profile of this version, or it is damaged. Calibrate again or copy the file anew.',
      { ...about, cause },
    );
  }
}

/** What new scores are compared with. Before weights were kept, every image counted as a patient of its own. */
export function normalScores(profile: Pick<Profile, 'tensors'>): WeightedScores {
  return weighted(profile, profileTensor(profile, 'evidence.normal_scores').data);
}

/** The highest points of the normals' maps, which a region of a map is compared with. */
export function normalPeaks(profile: Pick<Profile, 'tensors'>): WeightedScores {
  const deviations = peakDeviations(profile);
  const shift = profile.tensors.get('fusion.map')?.data[2] ?? 0;
  return deviations
    ? weighted(
        profile,
        deviations.map((peak) => scoreOf(peak + shift)),
      )
    : normalScores(profile);
}

/** Of the normals' maps before the shift, in the order of their scores; undefined where scores are those points. */
export function peakDeviations({ tensors }: Pick<Profile, 'tensors'>): Float32Array | undefined {
  const shift = tensors.get('fusion.map')?.data[2] ?? 0;
  const shifted = tensors.get('evidence.normal_peaks')?.data.map((peak) => deviationsOf(peak) - shift);
  return tensors.get('evidence.peak_deviations')?.data ?? shifted;
}

function weighted({ tensors }: Pick<Profile, 'tensors'>, scores: Float32Array): WeightedScores {
  const weights = tensors.get('evidence.normal_weights')?.data;
  return weights ? { scores, weights } : eachAlone(scores);
}

/** Whether it holds a memory bank: the patches of the normals that it was calibrated on. */
export const keepsPatches = ({ tensors }: Pick<Profile, 'tensors'>): boolean => tensors.has('bank.0');

/** A tensor that the profile must have. @throws Fault `bad-profile` */
export function profileTensor(profile: Pick<Profile, 'tensors'>, name: string): ProfileTensor {
  const tensor = profile.tensors.get(name);
  if (!tensor) throw new Fault('bad-profile', `The calibration profile lacks ${name}. Calibrate again.`);
  return tensor;
}
