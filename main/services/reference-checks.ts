/** Looks over images before a person declares them normal: what would spoil a reference set, image by image. */
import type { CheckedImage, FrameRef, ImageRemark, ProviderChoice, Scope } from '../../preload/contract/model.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import type { Image8 } from '../method/image.ts';
import { Random } from '../method/random.ts';
import { type FrameAttributes, getAttributes } from '../store/attributes.ts';
import { getFrame } from '../store/studies.ts';
import { hashDistance, likeness, lookAt, type PictureLook } from './image-quality.ts';
import { verifiedSource } from './images.ts';
import type { JobContext } from './jobs.ts';
import { modelFolder } from './models.ts';
import { readModelImages } from './reading.ts';
import { record, type Workstation } from './workstation.ts';

export interface CheckRequest {
  readonly frames: readonly FrameRef[];
  readonly scope: Scope;
  readonly modelName: string;
  readonly provider: ProviderChoice;
}

const BATCH = 8;
/** Pictures that correlate so closely are the same picture twice, or the next thing to it. */
const SAME_PICTURE = 0.998;
const NEAR_HASH = 6;
/** Among more images than this, each is compared with as many drawn ones. */
const COMPARED = 1500;
/** Longest time for which comparing keeps everything else waiting, ms. */
const TURN_MS = 20;
/** How many (robust) standard deviations an image lies farther from its neighbours than usual. */
const FAR = 5;
/** How many it is less sharp. */
const BLURRED = 4;
/** With fewer images there is no "usual". */
const ENOUGH_TO_COMPARE = 8;

interface Candidate {
  readonly ref: FrameRef;
  readonly attributes: FrameAttributes;
  readonly localizer: boolean;
  readonly size: string;
  /** Null where the image cannot be read. */
  readonly look: PictureLook | null;
  readonly feature: Float32Array | null;
}

/**
 * Remarks on every image, in their order; an image without any is fine as far as this can see.
 * @throws Fault `not-found`, the engine's own, `cancelled`
 */
export async function checkImages(
  station: Workstation,
  request: CheckRequest,
  job: JobContext,
): Promise<readonly CheckedImage[]> {
  const candidates = await gather(station, request, job);
  const near = await nearDuplicates(candidates, job);
  const blurred = unusual(
    candidates.map(({ look }) => (look && !look.blank ? -Math.log(look.sharpness + 1e-6) : null)),
    BLURRED,
  );
  const outliers = unusual(await neighbourDistances(candidates, job), FAR);
  const sizes = count(candidates.map(({ size }) => size));
  const usualSize = [...sizes].sort((a, b) => b[1] - a[1])[0]?.[0];
  const owners = count(candidates.map(({ attributes }) => attributes.owner));
  record(station, 'reference-set.check', '', { images: candidates.length, model: request.modelName });
  return candidates.map((candidate, i) => {
    const { ref, look, attributes, localizer, size } = candidate;
    const twin = near[i];
    const remarks: (ImageRemark | false)[] = [
      ...scopeRemarks(request.scope, attributes),
      localizer && { kind: 'localizer', detail: '' },
      !look && { kind: 'unreadable', detail: '' },
      look?.blank === true && { kind: 'blank', detail: '' },
      twin !== undefined && { kind: 'near-duplicate', detail: '', other: twin },
      look?.burnedInText === true && { kind: 'burned-in-text', detail: '' },
      outliers[i] === true && { kind: 'outlier', detail: '' },
      blurred[i] === true && { kind: 'blurred', detail: '' },
      look?.colour === true && { kind: 'colour', detail: '' },
      size !== usualSize && { kind: 'other-size', detail: size },
      owners.get(attributes.owner)! > 1 && { kind: 'same-patient', detail: String(owners.get(attributes.owner)) },
    ];
    return { ...ref, remarks: remarks.filter((remark) => remark !== false) };
  });
}

async function gather(station: Workstation, request: CheckRequest, job: JobContext): Promise<Candidate[]> {
  const { frames, provider } = request;
  const packFolder = await modelFolder(station, request.modelName);
  const candidates: Candidate[] = [];
  for (let at = 0; at < frames.length; at += BATCH) {
    throwIfCancelled(job.signal);
    const batch = frames.slice(at, at + BATCH);
    const images = await Promise.all(batch.map((ref) => readOrNull(station, ref, job.signal)));
    const readable = images.filter((image) => image !== null);
    const { features } = await station.engine.run(
      'pictureFeatures',
      { packFolder, provider, images: readable },
      { signal: job.signal },
    );
    let next = 0;
    for (const [i, ref] of batch.entries()) {
      const image = images[i] ?? null;
      const { rows, columns, localizer } = getFrame(station.store.db, ref);
      candidates.push({
        ref: { sopInstanceUid: ref.sopInstanceUid, frame: ref.frame },
        attributes: getAttributes(station.store.db, ref),
        localizer,
        size: `${columns} x ${rows}`,
        look: image && lookAt(image),
        feature: image && features[next++]!,
      });
    }
    job.progress({ done: candidates.length, total: frames.length, unit: 'images', note: 'Looking over the images' });
  }
  return candidates;
}

async function readOrNull(station: Workstation, ref: FrameRef, signal: AbortSignal): Promise<Image8 | null> {
  try {
    const [image] = await readModelImages(station, [await verifiedSource(station.store, ref)], signal);
    return image ?? null;
  } catch (thrown) {
    if (Fault.from(thrown).code === 'cancelled') throw thrown;
    return null;
  }
}

function scopeRemarks(scope: Scope, image: Scope): ImageRemark[] {
  const differs = (part: keyof Scope) => scope[part] !== '' && scope[part].toLowerCase() !== image[part].toLowerCase();
  return (
    [
      ['modality', 'wrong-modality'],
      ['bodyPart', 'wrong-body-part'],
      ['view', 'wrong-view'],
      ['scanner', 'wrong-scanner'],
      ['protocol', 'wrong-protocol'],
    ] as const
  ).flatMap(([part, kind]) => (differs(part) ? [{ kind, detail: image[part] }] : []));
}

/** For each image the earlier one that it repeats. Slices of one patient that look alike are no duplicates unless equal. */
async function nearDuplicates(
  candidates: readonly Candidate[],
  job: JobContext,
): Promise<readonly (FrameRef | undefined)[]> {
  const kept: number[] = [];
  return await oneByOne(candidates, job, ({ look, attributes }, i) => {
    if (!look || look.blank) return undefined;
    const twin = kept.find((k) => {
      const other = candidates[k]!;
      if (hashDistance(look.hash, other.look!.hash) > NEAR_HASH) return false;
      const alike = likeness(look, other.look!);
      return alike > (attributes.owner === other.attributes.owner ? 0.99999 : SAME_PICTURE);
    });
    if (twin === undefined) kept.push(i);
    return twin === undefined ? undefined : candidates[twin]!.ref;
  });
}

/** Ten thousand images are compared for seconds: the window gets its turn, and a cancel is heard. @throws `cancelled` */
async function oneByOne<T>(
  candidates: readonly Candidate[],
  { signal, progress }: JobContext,
  act: (candidate: Candidate, place: number) => T,
): Promise<T[]> {
  const results: T[] = [];
  let turn = performance.now();
  for (const [i, candidate] of candidates.entries()) {
    results.push(act(candidate, i));
    if (performance.now() - turn < TURN_MS) continue;
    throwIfCancelled(signal);
    progress({ done: i, total: candidates.length, unit: 'images', note: 'Comparing the images' });
    await new Promise(setImmediate);
    turn = performance.now();
  }
  return results;
}

/** Cosine distance of each image from the nearest one of another patient; null where there is none to compare with. */
async function neighbourDistances(
  candidates: readonly Candidate[],
  job: JobContext,
): Promise<readonly (number | null)[]> {
  const random = new Random(0);
  const others = candidates.length <= COMPARED ? candidates : random.shuffle([...candidates]).slice(0, COMPARED);
  return await oneByOne(candidates, job, ({ feature, attributes, look }) => {
    if (!feature || look?.blank) return null;
    let nearest = Number.POSITIVE_INFINITY;
    for (const other of others) {
      if (!other.feature || other.attributes.owner === attributes.owner) continue;
      let cosine = 0;
      for (let k = 0; k < feature.length; k++) cosine += feature[k]! * other.feature[k]!;
      nearest = Math.min(nearest, 1 - cosine);
    }
    return Number.isFinite(nearest) ? nearest : null;
  });
}

/** Which values lie far above the others: by more than so many robust deviations above the median. */
function unusual(values: readonly (number | null)[], far: number): boolean[] {
  const known = values.filter((value) => value !== null);
  if (known.length < ENOUGH_TO_COMPARE) return values.map(() => false);
  const middle = median(known);
  // 1.4826 makes the median deviation of a normal distribution its standard deviation.
  const spread = 1.4826 * median(known.map((value) => Math.abs(value - middle))) + 0.02 * Math.abs(middle) + 1e-9;
  return values.map((value) => value !== null && value > middle + far * spread);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

function count(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
