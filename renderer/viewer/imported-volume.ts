/** Imported Segmentations over a stack that is shown as a volume. */
import type { FrameRow } from '../../preload/contract/model.ts';
import type { ImportedResult } from '../../preload/contract/results.ts';
import { frameKey } from '../images/frame-key.ts';
import { call } from '../workstation.ts';

/**
 * What they cover of the slices, 0 or 1, slice after slice and each row by row; null where they cover nothing of them.
 * Rejects with FaultError where a Segmentation cannot be read.
 */
export async function importedVolume(
  imported: readonly ImportedResult[],
  frames: readonly FrameRow[],
): Promise<Uint8Array<ArrayBuffer> | null> {
  const places = new Map(frames.map((frame, slice) => [frameKey(frame), slice]));
  const here = ({ kind, regions }: ImportedResult) =>
    kind === 'seg' && regions.some((region) => places.has(frameKey(region)));
  const owners = imported.filter(here);
  if (owners.length === 0) return null;
  const { rows, columns } = frames[0]!;
  const covered = new Uint8Array(rows * columns * frames.length);
  for (const { sopInstanceUid } of owners)
    for (const image of await call('results.importedMasks', sopInstanceUid)) {
      const slice = places.get(frameKey(image));
      if (slice === undefined || image.mask.length !== rows * columns) continue;
      const part = covered.subarray(slice * rows * columns, (slice + 1) * rows * columns);
      for (const [place, value] of image.mask.entries()) if (value === 1) part[place] = 1;
    }
  return covered;
}
