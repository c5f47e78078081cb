/** The tasks of the reader process: everything that parses a file from outside. */
import type { FramePixels } from '../../preload/contract/model.ts';
import type { InstanceHeader, PhotoOrigin } from '../imaging/header.ts';
import type { Image8 } from '../method/image.ts';

/** Where a frame's bytes lie on disk. */
export interface FrameSource {
  readonly path: string;
  readonly frame: number;
}

export interface ReaderTasks {
  /** Header of a file, after its first frame was decoded once, so that what enters the store can be shown. */
  inspect: {
    input: { readonly path: string; readonly origin?: PhotoOrigin };
    progress: never;
    output: InstanceHeader;
  };
  pixels: { input: FrameSource; progress: never; output: FramePixels };
  modelImage: { input: FrameSource; progress: never; output: Image8 };
  /** PNG bytes, longest side at most `side` pixels, windowed as the model sees it. */
  thumbnail: { input: FrameSource & { readonly side: number }; progress: never; output: Uint8Array };
  about: { input: null; progress: never; output: { readonly pid: number } };
}
