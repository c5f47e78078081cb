/** The tasks of the reader process: everything that parses a file from outside. */
import type { FaultRecord } from '../../preload/contract/faults.ts';
import type { FramePixels } from '../../preload/contract/model.ts';
import type { Deidentified, DeidentifyOptions } from '../imaging/deidentify/deidentify.ts';
import type { InstanceHeader, PhotoOrigin } from '../imaging/header.ts';
import type { IndexedFile } from '../imaging/index-file.ts';
import type { MediaEntry } from '../imaging/media-entry.ts';
import type { ResultFile } from '../imaging/result-file.ts';
import type { SourceAttributes } from '../imaging/source-attributes.ts';
import type { CollectedFile } from '../imaging/sources.ts';
import type { Image8 } from '../method/image.ts';

/** Where a frame's bytes lie on disk. */
export interface FrameSource {
  readonly path: string;
  readonly frame: number;
}

/** What became of one file of a batch. */
export type Indexed = IndexedFile | { readonly kind: 'failed'; readonly fault: FaultRecord };

/** A file inside a zip archive or behind a DICOMDIR, or what was wrong with one. */
export type Unpacked =
  | Extract<CollectedFile, { kind: 'file' }>
  | { readonly kind: 'skipped'; readonly label: string; readonly fault: FaultRecord };

export interface ReaderTasks {
  /** What many files say of themselves, in their order; each was looked at far enough that it can be shown. */
  index: {
    input: { readonly files: readonly { readonly path: string; readonly origin?: PhotoOrigin }[] };
    progress: never;
    output: readonly Indexed[];
  };
  /** The files of a zip archive, unpacked below `scratch`, or of a DICOMDIR. Progress counts them. */
  expand: {
    input: { readonly path: string; readonly scratch: string };
    progress: number;
    output: readonly Unpacked[];
  };
  /** Header of a file, after its first frame was decoded once, so that what enters the store can be shown. */
  inspect: {
    input: { readonly path: string; readonly origin?: PhotoOrigin };
    progress: never;
    output: InstanceHeader;
  };
  /** What objects derived from a file repeat of it. */
  sourceAttributes: { input: { readonly path: string }; progress: never; output: SourceAttributes };
  /** What a DICOMDIR says of a file; null for a photograph. */
  mediaEntry: { input: { readonly path: string }; progress: never; output: MediaEntry | null };
  /** Outlines, masks and maps of a report, Segmentation or Parametric Map. */
  resultFile: { input: { readonly path: string }; progress: never; output: ResultFile };
  pixels: { input: FrameSource; progress: never; output: FramePixels };
  modelImage: { input: FrameSource; progress: never; output: Image8 };
  /** PNG bytes, longest side at most `side` pixels, windowed as the model sees it. */
  thumbnail: { input: FrameSource & { readonly side: number }; progress: never; output: Uint8Array };
  /** Writes a de-identified copy below `to`, whole or not at all. */
  deidentify: {
    input: DeidentifyOptions & { readonly path: string; readonly to: string };
    progress: never;
    output: Omit<Deidentified, 'bytes'> & { readonly path: string };
  };
  about: { input: null; progress: never; output: { readonly pid: number } };
}
