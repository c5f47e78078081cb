/** A region of a picture, row-major, 1 where it is set, else 0. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Where the top left pixel of a patch lies in the picture. */
export interface Corner {
  readonly x: number;
  readonly y: number;
}

/** Smallest and largest side of an anomaly's box along one axis, in pixels. */
export interface SideBounds {
  readonly least: number;
  readonly most: number;
}

export function maskArea(mask: Mask): number {
  let area = 0;
  for (let i = 0; i < mask.data.length; i++) area += mask.data[i]!;
  return area;
}
