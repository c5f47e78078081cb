/** Masks of abnormal pictures from files: which one belongs to which picture, and which cells of the map it marks. */
import { extname } from 'node:path';
import type { FramePixels } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { abnormalCells, markedPixels } from '../method/abnormal-cells.ts';
import type { Mask } from '../method/synthesis/mask.ts';
import type { Picture } from './pictures.ts';
import { readFile } from './reading.ts';
import type { Tools } from './workstation.ts';

/**
 * The masks in the order of the pictures, each reduced to side * side cells.
 * @throws Fault `not-found` where a picture has none, `bad-file` where it is not clear which, or where one marks nothing
 */
export async function readMasks(
  tools: Pick<Tools, 'reader'>,
  pictures: readonly Picture[],
  masks: readonly Picture[],
  side: number,
  signal: AbortSignal,
): Promise<readonly Mask[]> {
  const cells: Mask[] = [];
  for (const { path, frame, label } of pairMasks(pictures, masks)) {
    const mask = maskOf(await readFile(tools, 'pixels', { path, frame }, signal));
    if (!mask.data.includes(1))
      throw new Fault('bad-file', 'This mask marks nothing, and the image that it belongs to is given as abnormal.', {
        path: label,
      });
    cells.push({ width: side, height: side, data: abnormalCells(mask, side) });
  }
  return cells;
}

/** Stored values as they are, whatever window a viewer would show them in; of colours the brightest. */
function maskOf({ rows, columns, samplesPerPixel, data }: FramePixels): Mask {
  const values =
    samplesPerPixel === 1
      ? data
      : Float32Array.from({ length: rows * columns }, (_, i) => Math.max(...data.subarray(3 * i, 3 * i + 3)));
  return markedPixels(values, columns, rows);
}

/**
 * For each picture its mask: of the same frame and the same name, whatever the ending. Where several have the name, the
 * one in the folders of the same names.
 */
function pairMasks(pictures: readonly Picture[], masks: readonly Picture[]): readonly Picture[] {
  const byName = new Map<string, Picture[]>();
  for (const mask of masks) byName.set(nameOf(mask), [...(byName.get(nameOf(mask)) ?? []), mask]);
  const owners = new Map<Picture, Picture>();
  return pictures.map((picture) => {
    const mask = closest(picture, byName.get(nameOf(picture)) ?? []);
    const other = owners.get(mask);
    if (other)
      throw new Fault(
        'bad-file',
        `This image and ${other.label} would have the same mask, ${mask.label}. Put masks into folders named as those of their images.`,
        { path: picture.label },
      );
    owners.set(mask, picture);
    return mask;
  });
}

function closest(picture: Picture, candidates: readonly Picture[]): Picture {
  const shared = candidates.map((mask) => sharedFolders(picture, mask));
  const most = Math.max(...shared);
  const [mask, another] = candidates.filter((_, i) => shared[i] === most);
  if (!mask)
    throw new Fault('not-found', `There is no mask named "${partsOf(picture).at(-1)}" for this image.`, {
      path: picture.label,
    });
  if (another)
    throw new Fault('bad-file', `Both ${mask.label} and ${another.label} could be the mask of this image.`, {
      path: picture.label,
    });
  return mask;
}

/** How many folders above the file have the same names, from the file upward. */
function sharedFolders(picture: Picture, mask: Picture): number {
  const [a, b] = [partsOf(picture).reverse(), partsOf(mask).reverse()];
  const first = a.findIndex((part, i) => part !== b[i]);
  return first < 0 ? a.length : first;
}

const nameOf = (picture: Picture): string => `${partsOf(picture).at(-1)} ${picture.frame}`;

/** Folders and the name without its ending. */
function partsOf({ label }: Picture): string[] {
  return label.slice(0, label.length - extname(label).length).split(/[/\\]/);
}
