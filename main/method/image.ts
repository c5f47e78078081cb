/** An 8-bit picture, row-major. `channels` 1: grey; 3: RGB, interleaved. `data` has width * height * channels bytes. */
export interface Image8 {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** A picture of intensities 0..255 in floating point, row-major, one channel. */
export interface FloatImage {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}
