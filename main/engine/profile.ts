/**
 * A calibration profile: everything that a site's calibration produced, as one safetensors file. It holds no date and
 * no machine path, so that the same seed, pictures and provider give the same bytes.
 *
 * Tensors: `adapter.N.weight` (embedDim, width of tap N), `adapter.N.bias` (embedDim), `text.features` (embedDim, 2),
 * `evidence.normal_scores` (n), `training.loss` (steps). With the memory bank also `fold.F.adapter.N.*`, those of
 * opinions.ts, and `evidence.normal_peaks` (n): there a picture's score is not the highest point of its map.
 */
import { z } from 'zod';
import type { Preset } from '../../preload/contract/model.ts';
import { methodSettingsSchema } from '../../preload/contract/workstation.ts';
import { Fault } from '../fault.ts';
import { decodeSafetensors, encodeSafetensors } from '../modelpack/safetensors.ts';

export interface ProfileTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

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
  /** What computed it, e.g. `onnxruntime 1.30.0`; empty in profiles from before it was kept. */
  providerVersion: z.string().default(''),
  /** In which the networks compute; weights may be stored in half of it and are widened. */
  precision: z.literal('float32').default('float32'),
  preprocessing: z.string(),
});
export type ProfileManifest = z.infer<typeof manifestSchema> & { readonly preset: Preset };

export interface Profile {
  readonly manifest: ProfileManifest;
  readonly tensors: ReadonlyMap<string, ProfileTensor>;
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
  return encodeSafetensors(tensors, { profile: JSON.stringify(profile.manifest) });
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

/** The highest points of the normals' maps, which a region of a map is compared with. */
export function normalPeaks({ tensors }: Pick<Profile, 'tensors'>): Float32Array {
  return (tensors.get('evidence.normal_peaks') ?? profileTensor({ tensors }, 'evidence.normal_scores')).data;
}

/** A tensor that the profile must have. @throws Fault `bad-profile` */
export function profileTensor(profile: Pick<Profile, 'tensors'>, name: string): ProfileTensor {
  const tensor = profile.tensors.get(name);
  if (!tensor) throw new Fault('bad-profile', `The calibration profile lacks ${name}. Calibrate again.`);
  return tensor;
}
