/**
 * A folder that fills with what a node sends. Objects are written as they arrive, byte for byte, behind a File Meta
 * Information of our own; a file has its final name once it is whole and on the disk.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import dcmjs from 'dcmjs';
import { Fault } from '../fault.ts';

interface FileMeta {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntax: string;
}

/** Of this application, below 2.25 as PS3.5 annex B.2 allows. */
const IMPLEMENTATION = '2.25.302847561029384756102938475610293847561';
const isUid = (text: unknown) => typeof text === 'string' && /^[0-9.]{1,64}$/.test(text);

export class Staging {
  readonly folder: string;
  /** Files that are whole. */
  instances = 0;

  /** Makes the folder where it is missing. */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** A file for a data set without meta information, as DIMSE carries it. */
  dataset(meta: FileMeta): StagedFile {
    return new StagedFile(this, fileStart(meta));
  }

  /** A file for bytes that are a whole DICOM file, as DICOMweb carries it. */
  file(): StagedFile {
    return new StagedFile(this, null);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Takes bytes at once, so that a sender that is faster than the disk waits and nothing piles up in memory. */
export class StagedFile extends Writable {
  readonly #staging: Staging;
  readonly #path: string;
  readonly #file: number;
  #open = true;
  #failure: Fault | null = null;

  constructor(staging: Staging, start: Uint8Array | null) {
    super({ highWaterMark: Number.MAX_SAFE_INTEGER });
    this.#staging = staging;
    this.#path = join(staging.folder, `${fileCount++}.dcm`);
    this.#file = openSync(`${this.#path}.part`, 'wx', 0o600);
    if (start) this.#put(start);
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#put(chunk);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#close();
    done(error);
  }

  /** Gives the file its name. @throws Fault `disk-full` and others of the file system */
  complete(): void {
    try {
      if (this.#failure) throw this.#failure;
      fsyncSync(this.#file);
      this.#close();
      renameSync(`${this.#path}.part`, this.#path);
      this.#staging.instances++;
    } catch (thrown) {
      this.#close();
      rmSync(`${this.#path}.part`, { force: true });
      throw Fault.from(thrown);
    }
  }

  /** What cannot be written is told by `complete`: there is nobody to tell while bytes arrive. */
  #put(chunk: Uint8Array): void {
    if (this.#failure) return;
    try {
      for (let done = 0; done < chunk.length; ) done += writeSync(this.#file, chunk, done);
    } catch (thrown) {
      this.#failure = Fault.from(thrown);
    }
  }

  #close(): void {
    if (this.#open) closeSync(this.#file);
    this.#open = false;
  }
}

let fileCount = 0;

/** @throws Fault `bad-file` where what a node says of an object cannot be */
function fileStart({ sopClassUid, sopInstanceUid, transferSyntax }: FileMeta): Uint8Array {
  if (![sopClassUid, sopInstanceUid, transferSyntax].every(isUid))
    throw new Fault('bad-file', 'An object was announced with identifiers that are none.');
  const { DicomDict, DicomMetaDictionary } = dcmjs.data;
  const meta = DicomMetaDictionary.denaturalizeDataset({
    FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
    MediaStorageSOPClassUID: sopClassUid,
    MediaStorageSOPInstanceUID: sopInstanceUid,
    TransferSyntaxUID: transferSyntax,
    ImplementationClassUID: IMPLEMENTATION,
    ImplementationVersionName: 'MEDICLIP_WS',
  });
  return new Uint8Array(new DicomDict(meta).write());
}
