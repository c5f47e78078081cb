/** Synthetic anomalies in the site's own images, to look at before anything is trained on them. */
import type { FrameRef, SyntheticPreview } from '../../preload/contract/model.ts';
import { Random } from '../method/random.ts';
import { toTrainingGrey } from '../method/resize.ts';
import { completeSettings, type WantedSettings } from '../method/settings.ts';
import { synthesise } from '../method/synthesis/synthesise.ts';
import { verifiedSource } from './images.ts';
import { readModelImages } from './reading.ts';
import type { Workstation } from './workstation.ts';

const SIDE = 224;

/**
 * One example per image, drawn from the mixture with the seed, as training draws them.
 * @throws Fault `usage` for a mixture without anomalies, the reader's own
 */
export async function previewAnomalies(
  station: Workstation,
  request: {
    readonly frames: readonly FrameRef[];
    readonly mixture: NonNullable<WantedSettings['mixture']>;
    readonly seed: number;
  },
): Promise<readonly SyntheticPreview[]> {
  // The attention has no part in this.
  const { mixture } = completeSettings({ mixture: request.mixture }, 'causal');
  const sources = [];
  for (const ref of request.frames) sources.push(await verifiedSource(station.store, ref));
  const { signal } = new AbortController();
  const greys = (await readModelImages(station, sources, signal)).map((image) => toTrainingGrey(image, SIDE));
  const random = new Random(request.seed);
  return greys.map((grey, i) => {
    const { task, image, unionMask } = synthesise(grey, greys, random, mixture);
    const { sopInstanceUid, frame } = request.frames[i]!;
    return { sopInstanceUid, frame, task, side: SIDE, image: image.data, mask: unionMask.data };
  });
}
