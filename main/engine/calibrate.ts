/**
 * Few-shot calibration: from a handful of normal pictures to a profile (paper, section 3; method.md, Training).
 *
 * - `parity` does the published work: every step draws a batch, makes anomalies in it, runs the vision tower on it and
 *   trains with full text attention.
 * - `fast` and `default` make a pool of anomalies per picture once, run the frozen tower over it once, and train on
 *   draws from it with causal text attention, which CLIP was trained with and which allows a short context.
 * - `default` also keeps a memory bank of the normals' patches as a second opinion (opinions.ts).
 *
 * Nothing here looks at a labelled abnormal picture, and the last step's parameters are the result.
 */
import { Fault } from '../fault.ts';
import { Random } from '../method/random.ts';
import { isColour } from '../method/recolour.ts';
import { toTestRgb, toTrainingGrey } from '../method/resize.ts';
import { freshAnomalies, pool } from './anomalies.ts';
import { fingerprintOf, openJournal } from './checkpoint.ts';
import { type CalibrateContext, type Course, trainPromptsAndAdapters } from './course.ts';
import { gatherEvidence } from './evidence.ts';
import type { Networks } from './networks.ts';
import { encodeProfile, imagesSha256Of, type Profile, vector } from './profile.ts';
import { schedules } from './schedule.ts';
import type { CalibrateInput, CalibrateOutput } from './tasks.ts';
import { withToleratedShare } from './threshold.ts';

/**
 * @throws Fault `bad-reference-set` for fewer than 2 pictures, `cancelled`, `provider-failed`
 */
export async function calibrate(
  input: Omit<CalibrateInput, 'packFolder' | 'provider'>,
  networks: Networks,
  context: CalibrateContext,
): Promise<CalibrateOutput> {
  const { support, preset, method, seed } = input;
  if (support.length < 2)
    throw new Fault(
      'bad-reference-set',
      `A reference set of ${support.length} ${support.length === 1 ? 'image' : 'images'} is too small to calibrate on. Choose at least 2 normal images; 16 is a good number.`,
    );
  const started = performance.now();
  const random = new Random(seed);
  const greys = support.map((image) => toTrainingGrey(image, networks.side));
  const schedule = { ...schedules[preset], ...(input.epochs === undefined ? {} : { epochs: input.epochs }) };
  context.cache.trim(networks.keptTaps);
  const [drawRandom, courseRandom] = [random.fork(), random.fork()];
  const draw =
    schedule.poolVariants === 0
      ? freshAnomalies(greys, method.mixture, networks, drawRandom)
      : await pool(greys, method.mixture, schedule, networks, drawRandom, context);
  // Training is grey, as published; what is judged keeps its colours, so there the anomalies do as well. Coloured marks in
  // some pictures of a grey set make no difference.
  const judged =
    support.filter(isColour).length > support.length / 2
      ? freshAnomalies(
          greys,
          method.mixture,
          networks,
          drawRandom,
          support.map((image) => toTestRgb(image, networks.side)),
        )
      : draw;
  const { checkpoint, ...given } = input;
  const fingerprint = fingerprintOf({ ...given, model: networks.pack.identity, provider: networks.provider });
  const journal = await openJournal(checkpoint, fingerprint, [drawRandom, courseRandom]);

  const trainingStarted = performance.now();
  const course: Course = { networks, method, schedule, draw, judged, random: courseRandom, context, journal };
  const trained = await trainPromptsAndAdapters(greys.length, course);
  const trainingSeconds = (performance.now() - trainingStarted) / 1000;

  const evidence = await gatherEvidence(input, trained, course);
  const { scores, weights } = evidence.normals;
  const unset: Profile = {
    manifest: {
      format: 'mediclip-profile',
      version: 1,
      modelName: networks.pack.manifest.name,
      modelSha256: networks.pack.identity,
      preset,
      method,
      seed,
      shots: support.length,
      steps: trained.losses.length,
      toleratedShare: input.toleratedShare,
      threshold: 1,
      evidence: evidence.kind,
      provider: networks.provider,
      providerVersion: networks.providerVersion,
      precision: networks.precision,
      preprocessing: input.preprocessing,
      appVersion: input.appVersion ?? '',
      imagesSha256: imagesSha256Of(input),
      ...(input.scope && { scope: input.scope }),
    },
    tensors: new Map([
      ...evidence.tensors,
      ['evidence.normal_scores', vector(scores)],
      ['evidence.normal_weights', vector(weights)],
      ['training.loss', vector(trained.losses)],
    ]),
  };
  const profile = withToleratedShare(unset, input.toleratedShare);
  return {
    profile: encodeProfile(profile),
    steps: trained.losses.length,
    seconds: (performance.now() - started) / 1000,
    stepMs: (1000 * trainingSeconds) / trained.losses.length,
    lossTrace: trained.losses,
    threshold: profile.manifest.threshold,
    normalScores: scores,
    provider: networks.provider,
    providerVersion: networks.providerVersion,
    peakRssMb: process.resourceUsage().maxRSS / 1024,
  };
}
