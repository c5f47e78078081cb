/** What the reader process does. Tests run these handlers in their own process. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FramePixels } from '../../preload/contract/model.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { type FileContent, readFileBytes } from '../imaging/dataset.ts';
import { deidentify } from '../imaging/deidentify/deidentify.ts';
import { toDisplay } from '../imaging/display.ts';
import { readHeader } from '../imaging/header.ts';
import { indexFile } from '../imaging/index-file.ts';
import { readMediaEntry } from '../imaging/media-entry.ts';
import { toModelImage } from '../imaging/model-image.ts';
import { encodePhotograph } from '../imaging/photo.ts';
import { type OpenedImage, openImage } from '../imaging/pixels.ts';
import { readResultFile } from '../imaging/result-file.ts';
import { isSameDataset } from '../imaging/same-dataset.ts';
import { sharp } from '../imaging/sharp.ts';
import { readSourceAttributes } from '../imaging/source-attributes.ts';
import { expandContainer } from '../imaging/sources.ts';
import type { Image8 } from '../method/image.ts';
import { toTestRgb } from '../method/resize.ts';
import type { TaskHandlers } from '../process/tasks.ts';
import { readStored, type StoredFile } from '../seal/sealed-file.ts';
import type { FrameSource, Indexed, ReaderTasks, Unpacked } from './tasks.ts';

export const readerHandlers: TaskHandlers<ReaderTasks> = {
  async index({ files }, { signal }) {
    const outcomes: Indexed[] = [];
    for (const { path, origin } of files) {
      throwIfCancelled(signal);
      outcomes.push(await indexFile(path, origin).catch(failedIndex));
    }
    return outcomes;
  },
  async expand({ path, scratch }, { signal, progress }) {
    const files: Unpacked[] = [];
    for await (const file of expandContainer(path, { scratch, signal })) {
      files.push(file.kind === 'file' ? file : { ...file, fault: file.fault.toRecord() });
      progress(files.length);
    }
    return files;
  },
  async inspect({ path, origin }) {
    const opened = await openImage(path, origin);
    await opened.decode(0);
    return opened.header;
  },
  sourceAttributes: (file) => readSourceAttributes(contentOf(file)),
  mediaEntry: (file) => readMediaEntry(contentOf(file)),
  resultFile: ({ only, ...file }) => readResultFile(contentOf(file), only),
  sameDataset: ({ path, stored }) => isSameDataset(path, contentOf(stored)),
  pixels: framePixels,
  modelImage,
  async thumbnail({ side, ...source }) {
    const { width, height, channels, data } = await modelImage(source);
    const png = await sharp(data, { raw: { width, height, channels } })
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .png()
      .toBuffer();
    // Of WebAssembly's shared memory, which cannot be sent to another process.
    return Uint8Array.from(png);
  },
  async deidentify({ path, fileKey, to, ...options }) {
    const { bytes, ...copy } = deidentify(readFileBytes(contentOf({ path, fileKey })), options, path);
    const out = join(to, copy.patientId, copy.studyUid, `${copy.instanceUid}.dcm`);
    await writeCopy(out, bytes);
    return { ...copy, path: out };
  },
  async cleanPhotograph({ frame, to, ...file }) {
    const opened = await open(file);
    await writeCopy(to, await encodePhotograph(await opened.decode(frame), file.path));
    const { instance } = await readHeader(to);
    return { sopInstanceUid: instance.uid };
  },
  about: () => ({ pid: process.pid }),
};

async function writeCopy(out: string, bytes: Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(`${out}.unfinished`, bytes);
    await rename(`${out}.unfinished`, out);
  } catch (thrown) {
    await rm(`${out}.unfinished`, { force: true });
    throw Fault.from(thrown, { code: 'bad-file', path: out });
  }
}

/** A file by its path, so that no more of it is read than is needed; a sealed one by its bytes. */
const contentOf = (file: StoredFile): FileContent => (file.fileKey ? readStored(file) : file.path);

function failedIndex(thrown: unknown): Indexed {
  return { kind: 'failed', fault: Fault.from(thrown).toRecord() };
}

async function framePixels(source: FrameSource): Promise<FramePixels> {
  const opened = await open(source);
  const display = toDisplay(await opened.decode(source.frame), opened.header);
  const [{ center, width } = { center: 128, width: 256 }, ...furtherWindows] = display.windows;
  return {
    rows: display.rows,
    columns: display.columns,
    samplesPerPixel: display.color ? 3 : 1,
    data: display.pixels,
    photometricInterpretation: display.color ? 'RGB' : display.invert ? 'MONOCHROME1' : 'MONOCHROME2',
    minimum: display.minPixelValue,
    maximum: display.maxPixelValue,
    rescaleSlope: display.slope,
    rescaleIntercept: display.intercept,
    windowCenter: center,
    windowWidth: width,
    furtherWindows,
    voiFunction: display.voiFunction,
    voiCurve: display.voiCurve,
    pixelSpacing: display.pixelSpacing && [display.pixelSpacing.row, display.pixelSpacing.column],
    units: display.units ?? '',
    overlay: opened.overlay(source.frame),
  };
}

async function modelImage({ frame, side, recipe, ...file }: ReaderTasks['modelImage']['input']): Promise<Image8> {
  const opened = await open(file);
  const { image } = toModelImage(await opened.decode(frame), opened.header, recipe);
  return side === undefined ? image : toTestRgb(image, side);
}

/** The file that was read last, since the frames of one file are asked for one after the other. */
let last: { readonly path: string; readonly image: Promise<OpenedImage> } | null = null;

async function open(file: StoredFile): Promise<OpenedImage> {
  const { path } = file;
  if (last?.path === path) return await last.image;
  const image = openImage(contentOf(file));
  const opened = await image;
  // A file of one frame is not asked for again soon, and its bytes may be many.
  last = opened.image.frames > 1 ? { path, image } : null;
  return opened;
}
