/** Frames as Cornerstone sees them: image ids, a loader that asks main for pixels, and the metadata it wants. */
import { cache, Enums, imageLoader, metaData, type Types, utilities } from '@cornerstonejs/core';
import { type Lengths, lengthsOf } from '../../preload/contract/measured-size.ts';
import type { FramePixels, FrameRow } from '../../preload/contract/model.ts';
import { frameKey, frameRef } from '../images/frame-key.ts';
import { call } from '../workstation.ts';
import type { FileWindows } from './window-presets.ts';

const scheme = 'mediclip';

interface KnownFrame {
  readonly frame: FrameRow;
  readonly modality: string;
  /** Filled in once the pixels are here. */
  photometricInterpretation: string;
  units: string;
  windows: FileWindows | null;
  curve: Float32Array | null;
  graphics: HTMLCanvasElement | null;
}

const known = new Map<string, KnownFrame>();
/** Failures that Cornerstone has been told of. */
const reported = new WeakSet<object>();

/** Makes a frame known to the loader and returns its image id. */
export function imageIdOf(frame: FrameRow, modality: string): string {
  const imageId = `${scheme}:${frameKey(frame)}`;
  if (!known.has(imageId))
    known.set(imageId, {
      frame,
      modality,
      photometricInterpretation: 'MONOCHROME2',
      units: '',
      windows: null,
      curve: null,
      graphics: null,
    });
  return imageId;
}

/** What the pixels of a picture tell beyond its row in the study; null and '' before they are here. */
export interface KnownPicture {
  readonly lengths: Lengths;
  readonly units: string;
  readonly windows: FileWindows | null;
}

export function knownPicture(imageId: string): KnownPicture | undefined {
  const entry = known.get(imageId);
  if (!entry) return undefined;
  const { frame, units, windows } = entry;
  return { lengths: lengthsOf(frame), units, windows };
}

/** How grey follows from values over the window that the file asks for (FramePixels.voiCurve); null where it is a line. */
export function curveOf(imageId: string): Float32Array | null {
  return known.get(imageId)?.curve ?? null;
}

/** The file's own graphics over a frame that was shown, in its pixels; null where there are none. */
export function graphicsOf(frame: FrameRow): HTMLCanvasElement | null {
  return known.get(`${scheme}:${frameKey(frame)}`)?.graphics ?? null;
}

/** White where the mask is set, transparent elsewhere. */
function drawnGraphics(mask: Uint8Array, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let index = 0; index < mask.length; index++) if (mask[index]) pixels.fill(255, index * 4, index * 4 + 4);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

/** How many viewports show a stack with the image: the same series may be up twice. */
const uses = new Map<string, number>();

export function holdImages(imageIds: readonly string[]): void {
  for (const imageId of imageIds) uses.set(imageId, (uses.get(imageId) ?? 0) + 1);
}

/** Forgets what no other viewport holds. */
export function releaseImages(imageIds: readonly string[]): void {
  for (const imageId of imageIds) {
    const left = (uses.get(imageId) ?? 0) - 1;
    if (left > 0) uses.set(imageId, left);
    else {
      uses.delete(imageId);
      known.delete(imageId);
    }
  }
  dropUnused(imageIds);
}

/** Takes pixels that came too late out of the cache. */
export function dropUnused(imageIds: readonly string[]): void {
  for (const imageId of imageIds)
    if (!uses.has(imageId) && cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId);
}

/** Called once, before the first viewport. */
export function registerStackImages(): void {
  imageLoader.registerImageLoader(scheme, (imageId) => ({ promise: loadImage(imageId) }));
  metaData.addProvider(provideMetadata, 1000);
  // Its cache keeps a second promise of every image that nobody awaits; the viewport tells of the failure by an event.
  window.addEventListener('unhandledrejection', (event) => {
    if (typeof event.reason === 'object' && event.reason !== null && reported.has(event.reason)) event.preventDefault();
  });
}

async function loadImage(imageId: string): Promise<Types.IImage> {
  const entry = known.get(imageId);
  if (!entry) throw new Error(`The image ${imageId} does not belong to an open study.`);
  const pixels = await call('images.pixels', frameRef(entry.frame)).catch((error: unknown) => {
    if (typeof error === 'object' && error !== null) reported.add(error);
    throw error;
  });
  entry.photometricInterpretation = pixels.photometricInterpretation;
  entry.units = pixels.units;
  entry.windows = fileWindows(pixels);
  entry.curve = pixels.voiCurve;
  entry.graphics = pixels.overlay && drawnGraphics(pixels.overlay, pixels.columns, pixels.rows);
  return toImage(imageId, pixels);
}

/** What a frame's file says of windows, in the units of its values after rescaling. */
export function fileWindows(pixels: FramePixels): FileWindows {
  const { windowCenter: center, windowWidth: width, furtherWindows: further, voiFunction } = pixels;
  const [low, high] = endsOf(pixels);
  // LINEAR counts in whole values (PS3.3 C.11.2.1.2).
  const whole = voiFunction === 'LINEAR_EXACT' ? 0 : 1;
  const range = { center: (low + high + whole) / 2, width: Math.max(high - low + whole, whole || Number.MIN_VALUE) };
  return { asked: { center, width }, further, range };
}

/** Lowest and highest value after rescaling. */
export function endsOf({ minimum, maximum, rescaleSlope, rescaleIntercept }: FramePixels): readonly [number, number] {
  const ends = [minimum, maximum].map((value) => value * rescaleSlope + rescaleIntercept);
  return [Math.min(...ends), Math.max(...ends)];
}

function toImage(imageId: string, pixels: FramePixels): Types.IImage {
  const { rows, columns, samplesPerPixel, rescaleSlope, rescaleIntercept } = pixels;
  const color = samplesPerPixel === 3;
  const data = rescaled(pixels);
  const [rowSpacing, columnSpacing] = pixels.pixelSpacing ?? [1, 1];
  const [minPixelValue, maxPixelValue] = endsOf(pixels);
  return {
    imageId,
    // Pixels arrive here already rescaled, so that window and probe speak in the file's units.
    slope: 1,
    intercept: 0,
    preScale: { enabled: true, scaled: true, scalingParameters: { rescaleSlope, rescaleIntercept } },
    isPreScaled: true,
    minPixelValue,
    maxPixelValue,
    windowCenter: pixels.windowCenter,
    windowWidth: pixels.windowWidth,
    voiLUTFunction: voiFunctions[pixels.voiFunction],
    rows,
    columns,
    height: rows,
    width: columns,
    color,
    rgba: false,
    numberOfComponents: samplesPerPixel,
    rowPixelSpacing: rowSpacing,
    columnPixelSpacing: columnSpacing,
    invert: pixels.photometricInterpretation === 'MONOCHROME1',
    photometricInterpretation: pixels.photometricInterpretation,
    sizeInBytes: data.byteLength,
    dataType: data.constructor.name as Types.PixelDataTypedArrayString,
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      width: columns,
      height: rows,
      scalarData: data,
      numberOfComponents: samplesPerPixel,
    }),
    getPixelData: () => data,
    getCanvas: () => {
      throw new Error('Images are drawn by WebGL, not by a canvas of their own.');
    },
  };
}

const voiFunctions = {
  LINEAR: Enums.VOILUTFunctionType.LINEAR,
  LINEAR_EXACT: Enums.VOILUTFunctionType.LINEAR_EXACT,
  SIGMOID: Enums.VOILUTFunctionType.SAMPLED_SIGMOID,
} as const;

type ShownArray = Uint8Array | Uint16Array | Int16Array | Float32Array;

/** Values in the file's units, in one of the four kinds of array that every Cornerstone tool understands. */
function rescaled({ data, samplesPerPixel, rescaleSlope, rescaleIntercept }: FramePixels): ShownArray {
  const asStored = samplesPerPixel === 3 || (rescaleSlope === 1 && rescaleIntercept === 0);
  if (asStored) {
    const fits =
      data instanceof Uint8Array ||
      data instanceof Uint16Array ||
      data instanceof Int16Array ||
      data instanceof Float32Array;
    if (fits) return data;
    return data instanceof Int8Array ? Int16Array.from(data) : Float32Array.from(data);
  }
  const values = new Float32Array(data.length);
  for (let index = 0; index < data.length; index++) values[index] = data[index]! * rescaleSlope + rescaleIntercept;
  return values;
}

/**
 * Every frame gets a plane of its own with its first pixel's centre at the origin and no rotation: the viewer shows
 * pictures as they are stored, and the letters at the edges tell how they lie in the patient.
 */
function provideMetadata(type: string, imageId: string): unknown {
  const entry = known.get(imageId);
  if (!entry) return undefined;
  const { frame, modality, photometricInterpretation } = entry;
  const [rowPixelSpacing, columnPixelSpacing] = frame.pixelSpacing ?? [1, 1];
  switch (type) {
    case Enums.MetadataModules.IMAGE_PLANE:
      return {
        frameOfReferenceUID: frame.sopInstanceUid,
        rows: frame.rows,
        columns: frame.columns,
        imagePositionPatient: [0, 0, 0],
        imageOrientationPatient: [1, 0, 0, 0, 1, 0],
        rowCosines: [1, 0, 0],
        columnCosines: [0, 1, 0],
        rowPixelSpacing,
        columnPixelSpacing,
        usingDefaultValues: frame.pixelSpacing === null,
      };
    case Enums.MetadataModules.IMAGE_PIXEL:
      return { photometricInterpretation };
    case Enums.MetadataModules.GENERAL_SERIES:
      return { modality };
    default:
      return undefined;
  }
}
