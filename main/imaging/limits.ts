import { Fault } from '../fault.ts';

/** No image has more pixels along a side. The widest real ones, whole-slide tiles and stitched spines, stay below. */
const MAX_SIDE = 32_768;
/** Samples of one frame, over all its channels: 256 M, a photograph of 85 megapixels. Decoding takes up to 10 bytes each. */
export const MAX_SAMPLES = 256 * 1024 * 1024;
/** Frames of one file: a minute-long fluoroscopy at the highest rate has 1,800, the longest tomosynthesis fewer. */
const MAX_FRAMES = 100_000;
/** Node reads no larger file into one buffer. */
export const MAX_FILE_BYTES = 2 * 1024 ** 3 - 1;
/** What a deflated DICOM file may grow to. */
export const MAX_INFLATED_BYTES = 1024 ** 3;

/**
 * Refuses declared sizes that no image has, before anything is allocated for them.
 * @throws Fault `bad-pixels`.
 */
export function checkFrameSize(columns: number, rows: number, samplesPerPixel: number, path?: string): void {
  const about = path === undefined ? {} : { path };
  if (!(columns > 0 && rows > 0))
    throw new Fault('bad-pixels', `This image is ${columns} x ${rows} pixels: there is nothing to show.`, about);
  if (columns > MAX_SIDE || rows > MAX_SIDE)
    throw new Fault(
      'bad-pixels',
      `This image is ${columns} x ${rows} pixels; more than ${MAX_SIDE} a side is not supported. Export it smaller.`,
      about,
    );
  if (columns * rows * samplesPerPixel > MAX_SAMPLES)
    throw new Fault(
      'bad-pixels',
      `This image of ${columns} x ${rows} pixels is too large to be opened. Export it smaller.`,
      about,
    );
}

/** Refuses a number of frames that no file has: each becomes a row of the worklist. @throws Fault `bad-pixels`. */
export function checkFrameCount(frames: number, path?: string): void {
  if (frames <= MAX_FRAMES) return;
  throw new Fault(
    'bad-pixels',
    `This file declares ${frames} frames; more than ${MAX_FRAMES} are not supported. Export it in parts.`,
    path === undefined ? {} : { path },
  );
}
