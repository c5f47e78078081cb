/** In which order the images of a study are analysed: a reader who waits sees those around the one on the screen first. */
import type { FrameRef } from '../../preload/contract/model.ts';
import type { FrameRecord } from '../store/studies.ts';

/**
 * Series by series, each from one image outwards. The series of the image on the screen comes first, from that image;
 * the others begin at their middle, where there is most to see. Without such an image all do.
 * @param frames in the order in which they are shown
 */
export function fromTheMiddle(frames: readonly FrameRecord[], shown?: FrameRef): FrameRecord[] {
  const isShown = ({ sopInstanceUid, frame }: FrameRef) =>
    sopInstanceUid === shown?.sopInstanceUid && frame === shown.frame;
  const series = [...new Set(frames.map(({ seriesInstanceUid }) => seriesInstanceUid))];
  const outwards = series.map((uid) => {
    const members = frames.filter(({ seriesInstanceUid }) => seriesInstanceUid === uid);
    const at = members.findIndex(isShown);
    const from = at >= 0 ? at : Math.floor(members.length / 2);
    const places = [...members.keys()].sort((a, b) => Math.abs(a - from) - Math.abs(b - from));
    return { first: at >= 0, members: places.map((place) => members[place]!) };
  });
  return outwards.sort((a, b) => Number(b.first) - Number(a.first)).flatMap(({ members }) => members);
}
