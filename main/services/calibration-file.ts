/**
 * A calibration as one file for another workstation of the site, signed by the one that made it. It holds no image and no
 * identifier of a patient: profile, figures, evidence as bare scores, and generated pictures with the scores that the
 * profile gives them, by which the other workstation sees that it computes the same.
 *
 * Two safetensors files, one within the other: outside `content` (bytes), with the public key and the signature over
 * CONTEXT and those bytes as metadata; inside `profile` (bytes), `pictures` (n, h, w) uint8, `scores` and `peaks` (n).
 */
import { z } from 'zod';
import { Fault } from '../fault.ts';
import type { Image8 } from '../method/image.ts';
import { decodeSafetensors, encodeSafetensors } from '../modelpack/safetensors.ts';
import { isSignedBy, type PublicKey } from '../store/station-key.ts';

export const calibrationSuffix = '.calibration';

/** What is signed begins with it, so that no other signature of the same key can be taken for one of these. */
const CONTEXT = new TextEncoder().encode('mediclip-calibration 1\n');

const word = z.string().max(200);
const share = z.number().gt(0).lt(1);
const score = z.number();
const scores = z.array(score).max(100_000).readonly();
const counted = z.int().min(0);
const numbers = z.array(counted).max(100_000).readonly();

/** What else a calibration's row holds stays behind. */
const aboutSchema = z.object({
  calibration: z.object({
    id: z.uuid(),
    name: word.min(1),
    modelName: word,
    modelSha256: z.string().regex(/^[0-9a-f]{64}$/),
    preset: z.enum(['parity', 'fast', 'default']),
    shots: counted,
    heldOut: counted,
    /** Absent in files from before it was kept: every image counts. */
    heldOutPatients: counted.optional(),
    setAside: counted,
    seed: counted,
    steps: counted,
    seconds: z.number().min(0),
    lossTrace: z.array(z.number()).max(1_000_000).readonly(),
    threshold: score,
    toleratedShare: share,
    modality: word,
    bodyPart: word,
    view: word,
    scanner: word,
    /** Absent in files from before it was kept. */
    protocol: word.default(''),
    provider: word,
    appVersion: word,
    createdAt: word,
    createdBy: word,
  }),
  referenceSet: z.object({
    id: z.uuid(),
    name: word.min(1),
    lineage: z.uuid(),
    version: z.int().min(1),
    confirmedBy: word,
    createdAt: word,
  }),
  /** Null for a calibration that keeps no evidence. */
  evidence: z
    .strictObject({
      normals: scores,
      synthetic: z
        .array(
          z.object({
            kind: z.enum(['cut-paste', 'gauss-intensity', 'smooth-intensity', 'source', 'sink']),
            size: z.enum(['small', 'medium', 'large']),
            score,
          }),
        )
        .max(100_000),
      abnormals: scores,
      /** Whose each is, by numbers of this file; absent in files from before it was kept. */
      patients: z.object({ normals: numbers, synthetic: numbers, unchanged: numbers, abnormals: numbers }).optional(),
      /** Absent in files from before it was kept. */
      unchanged: scores.optional(),
      casesLeftOut: counted.optional(),
      nullBaseline: z.object({ normals: scores, abnormals: scores }).optional(),
    })
    .nullable(),
});

export interface CalibrationFile extends z.infer<typeof aboutSchema> {
  readonly profile: Uint8Array;
  readonly selfTest: {
    /** Of one size, one channel each. */
    readonly pictures: readonly Image8[];
    readonly scores: Float32Array;
    /** The highest point of each picture's map. */
    readonly peaks: Float32Array;
  };
}

/** @param signBytes signs with the key of `publicKey` */
export function encodeCalibrationFile(
  { profile, selfTest, ...about }: CalibrationFile,
  publicKey: PublicKey,
  signBytes: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const { pictures, scores, peaks } = selfTest;
  const [{ width, height }] = pictures as [Image8];
  const content = encodeSafetensors(
    {
      profile: { dtype: 'U8', shape: [profile.length], data: profile },
      pictures: {
        dtype: 'U8',
        shape: [pictures.length, height, width],
        data: new Uint8Array(Buffer.concat(pictures.map(({ data }) => data))),
      },
      scores: { dtype: 'F32', shape: [scores.length], data: scores },
      peaks: { dtype: 'F32', shape: [peaks.length], data: peaks },
    },
    { about: JSON.stringify(aboutSchema.parse(about)) },
  );
  const signature = Buffer.from(signBytes(signed(content))).toString('base64');
  return encodeSafetensors(
    { content: { dtype: 'U8', shape: [content.length], data: content } },
    { publicKey, signature },
  );
}

/** @throws Fault `bad-profile` where the file is none, is damaged, or is not as it was signed */
export function decodeCalibrationFile(
  bytes: Uint8Array,
  path: string,
): { readonly publicKey: PublicKey; readonly file: CalibrationFile } {
  try {
    const { metadata, tensors } = decodeSafetensors(bytes, path);
    const { publicKey = '', signature = '' } = metadata;
    const content = tensors.get('content')?.data;
    if (!(content instanceof Uint8Array)) throw new Error('there is no content');
    if (!isSignedBy(publicKey, signed(content), Buffer.from(signature, 'base64')))
      throw new Error('the signature is not of this content');
    return { publicKey, file: decodeContent(content) };
  } catch (cause) {
    throw new Fault(
      'bad-profile',
      'This is no calibration that a workstation exported, or it was damaged or changed on the way. Export it again.',
      { path, cause },
    );
  }
}

function decodeContent(content: Uint8Array): CalibrationFile {
  const { metadata, tensors } = decodeSafetensors(content);
  const about = aboutSchema.parse(JSON.parse(metadata.about ?? 'null'));
  const profile = tensors.get('profile')?.data;
  const pictures = tensors.get('pictures');
  const [scores, peaks] = [tensors.get('scores')?.data, tensors.get('peaks')?.data];
  const [count = 0, height = 0, width = 0] = pictures?.shape ?? [];
  const data = pictures?.data;
  if (!(profile instanceof Uint8Array && data instanceof Uint8Array)) throw new Error('bytes are missing');
  if (!(scores instanceof Float32Array && peaks instanceof Float32Array)) throw new Error('scores are missing');
  if (count === 0 || width * height === 0 || scores.length !== count || peaks.length !== count)
    throw new Error('the pictures of the self-test do not fit their scores');
  const side = width * height;
  const images = Array.from({ length: count }, (_, i): Image8 => {
    return { width, height, channels: 1, data: data.slice(i * side, (i + 1) * side) };
  });
  return { ...about, profile, selfTest: { pictures: images, scores, peaks } };
}

const signed = (content: Uint8Array) => Buffer.concat([CONTEXT, content]);
