/** The tasks of the reader process: everything that parses a file from outside. */
import type { FaultRecord } from '../../preload/contract/faults.ts';
import type { FramePixels, FrameRef } from '../../preload/contract/model.ts';
import type { Deidentified, DeidentifyOptions } from '../imaging/deidentify/deidentify.ts';
import type { InstanceHeader, PhotoOrigin } from '../imaging/header.ts';
import type { IndexedFile } from '../imaging/index-file.ts';
import type { MediaEntry } from '../imaging/media-entry.ts';
import type { ModelInputRecipe } from '../imaging/model-image.ts';
import type { ResultFile } from '../imaging/result-file.ts';
import type { SourceAttributes } from '../imaging/source-attributes.ts';
import type { CollectedFile } from '../imaging/sources.ts';
import type { Image8 } from '../method/image.ts';
import type { StoredFile } from '../seal/sealed-file.ts';

/** Where a frame's bytes lie on disk. */
export interface FrameSource extends StoredFile {
  readonly frame: number;
}

/** What became of one file of a batch. */
export type Indexed = IndexedFile | { readonly kind: 'failed'; readonly fault: FaultRecord };

/** A file inside a zip archive or behind a DICOMDIR, or what was wrong with one. */
export type Unpacked =
  | Extract<CollectedFile, { kind: 'file' }>
  | { readonly kind: 'skipped'; readonly label: string; readonly fault: FaultRecord };

/** How frames are made for a network. */
export interface NetworkInput {
  readonly recipe?: ModelInputRecipe;
  readonly side?: number;
}

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
  sourceAttributes: { input: StoredFile; progress: never; output: SourceAttributes };
  /** What a DICOMDIR says of a file; null for a photograph. */
  mediaEntry: { input: StoredFile; progress: never; output: MediaEntry | null };
  /** Outlines, masks and maps of a report, Segmentation or Parametric Map; with `only` the masks and maps of that frame. */
  resultFile: { input: StoredFile & { readonly only?: FrameRef }; progress: never; output: ResultFile };
  /** Whether a file and one of the store are the same object, whatever their file meta information and encoding. */
  sameDataset: { input: { readonly path: string; readonly stored: StoredFile }; progress: never; output: boolean };
  pixels: { input: FrameSource; progress: never; output: FramePixels };
  /**
   * What a model sees, by this recipe or the present one; with `side` as its network takes test pictures, (side, side) in
   * RGB, else at full size.
   */
  modelImage: { input: FrameSource & NetworkInput; progress: never; output: Image8 };
  /** PNG bytes, longest side at most `side` pixels, windowed as the model sees it. */
  thumbnail: { input: FrameSource & { readonly side: number }; progress: never; output: Uint8Array };
  /** Writes a de-identified copy below `to`, whole or not at all. */
  deidentify: {
    input: DeidentifyOptions & StoredFile & { readonly to: string };
    progress: never;
    output: Omit<Deidentified, 'bytes'> & { readonly path: string };
  };
  /** Writes a frame of a photograph as a PNG of its pixels alone to `to`, whole or not at all. @returns its new UID */
  cleanPhotograph: {
    input: FrameSource & { readonly to: string };
    progress: never;
    output: { readonly sopInstanceUid: string };
  };
  about: { input: null; progress: never; output: { readonly pid: number } };
}
