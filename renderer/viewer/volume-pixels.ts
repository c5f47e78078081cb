/** The voxels of a series in the file's units, asked of main slice by slice. */
import type { FramePixels, FrameRow } from '../../preload/contract/model.ts';
import { frameRef } from '../images/frame-key.ts';
import { call } from '../workstation.ts';
import { endsOf, fileWindows } from './stack-images.ts';
import type { FileWindows } from './window-presets.ts';

export type Voxels = Int16Array | Float32Array;

export interface VolumePixels {
  /** Slice after slice, each row after row. */
  readonly voxels: Voxels;
  /** Of the slice in the middle. */
  readonly windows: FileWindows;
  readonly storedInverted: boolean;
  /** Of the values, e.g. HU; '' where the file does not say. */
  readonly units: string;
}

export interface Loading {
  readonly signal: AbortSignal;
  readonly onProgress: (slicesDone: number) => void;
}

/** Slices that are in colour, or not of the size that the study says. */
export class NoVolumeError extends Error {}

/** Resolves to null where the signal came. Rejects with FaultError where a slice cannot be read, and NoVolumeError. */
export async function loadVoxels(frames: readonly FrameRow[], { signal, onProgress }: Loading) {
  const size = frames[0]!.rows * frames[0]!.columns;
  let voxels: Voxels = new Int16Array(size * frames.length);
  let middle: FramePixels | null = null;
  for (const [slice, frame] of frames.entries()) {
    const pixels = await call('images.pixels', frameRef(frame));
    if (signal.aborted) return null;
    if (pixels.samplesPerPixel !== 1 || pixels.data.length !== size) throw new NoVolumeError();
    if (voxels instanceof Int16Array && !fitsInt16(pixels)) voxels = Float32Array.from(voxels);
    fill(voxels, slice * size, pixels);
    if (slice === frames.length >> 1) middle = pixels;
    onProgress(slice + 1);
  }
  const loaded: VolumePixels = {
    voxels,
    windows: fileWindows(middle!),
    storedInverted: middle!.photometricInterpretation === 'MONOCHROME1',
    units: middle!.units,
  };
  return loaded;
}

/** Half the memory where nothing is lost by it. */
function fitsInt16(pixels: FramePixels): boolean {
  const { rescaleSlope, rescaleIntercept, data } = pixels;
  if (data instanceof Float32Array || !Number.isInteger(rescaleSlope) || !Number.isInteger(rescaleIntercept))
    return false;
  const [low, high] = endsOf(pixels);
  return low >= -32768 && high <= 32767;
}

function fill(voxels: Voxels, from: number, { data, rescaleSlope, rescaleIntercept }: FramePixels): void {
  if (rescaleSlope === 1 && rescaleIntercept === 0) voxels.set(data, from);
  else
    for (let index = 0; index < data.length; index++)
      voxels[from + index] = data[index]! * rescaleSlope + rescaleIntercept;
}
