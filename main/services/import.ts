/** Files, folders, DICOMDIR and zip archives into the store. An instance is stored whole or listed as left out. */
import { rm } from 'node:fs/promises';
import { sep } from 'node:path';
import type { PhotoDetails, SkippedFile } from '../../preload/contract/model.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { listFiles } from '../imaging/sources.ts';
import { isAlive } from '../process/alive.ts';
import { beginImport, endImport, type ImportRecord, listOpenImports } from '../store/imports.ts';
import { listSkippedFiles, saveSkippedFiles } from '../store/studies.ts';
import { type FoundFile, findFiles, openContainer, type ReadFile, readInBatches } from './import-reading.ts';
import { type ReadyFile, type Stored, storeBatch } from './import-storing.ts';
import { importResult } from './imported-results.ts';
import type { JobContext } from './jobs.ts';
import { stagingFolder } from './staging.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

export interface ImportResult {
  /** Studies that the files belong to, new or known. */
  readonly studies: readonly string[];
  readonly series: number;
  /** Instances that were not in the store before. */
  readonly instances: number;
  /** Instances that were. */
  readonly known: number;
  readonly skipped: readonly SkippedFile[];
  readonly seconds: number;
}

interface Tally {
  readonly studies: Set<string>;
  readonly series: Set<string>;
  instances: number;
  known: number;
  readonly skipped: SkippedFile[];
  /** Files that are stored, known or left out. */
  done: number;
  /** Photographs by folder, for their places. */
  readonly photos: Map<string, number>;
}

/**
 * Imports everything behind the paths. A bad file is skipped with its reason; importing the same again changes nothing.
 * An import that a crash interrupts goes on at the next start of the window, see `resumableImports`.
 * @param photo what a person says about the photographs among the files
 * @throws Fault `cancelled`, `disk-full`, `bad-database`; what was stored until then stays.
 */
export async function importPaths(
  station: Workstation,
  paths: readonly string[],
  job: JobContext,
  photo: PhotoDetails | null = null,
): Promise<ImportResult> {
  const started = performance.now();
  const { db } = station.store;
  const tally: Tally = {
    studies: new Set(),
    series: new Set(),
    instances: 0,
    known: 0,
    skipped: [],
    done: 0,
    photos: new Map(),
  };
  const scratch = stagingFolder(station, 'import');
  const photos = photo && JSON.stringify(photo);
  beginImport(db, { jobId: job.id, paths, photos, processId: process.pid }, timestamp(station));
  try {
    const files = await findFiles(paths, job.signal, leaveOut(tally), (found) =>
      job.progress({ done: 0, total: 0, unit: 'files', note: `${found} files found` }),
    );
    await importFiles(station, files, { scratch, photo }, job, tally);
  } finally {
    await rm(scratch, { recursive: true, force: true });
    saveSkippedFiles(db, job.id, tally.skipped);
    end(station, job.id);
    const { instances, known, skipped, series, studies } = tally;
    const counts = { instances, known, series: series.size, skipped: skipped.length };
    record(station, 'import', [...studies].join(' '), counts);
  }
  return {
    studies: [...tally.studies],
    series: tally.series.size,
    instances: tally.instances,
    known: tally.known,
    skipped: tally.skipped,
    seconds: (performance.now() - started) / 1000,
  };
}

/** The result in a sentence. @throws Fault `bad-file` where nothing could be imported, with the first reason. */
export function importSummary({ instances, known, skipped }: ImportResult): string {
  const [first] = skipped;
  if (instances + known === 0 && first) throw new Fault('bad-file', first.reason, { path: first.path });
  const images = (count: number) => `${count} image${count === 1 ? '' : 's'}`;
  const parts = [
    `${images(instances)} imported`,
    ...(known > 0 ? [`${images(known)} already here`] : []),
    ...(skipped.length > 0 ? [`${skipped.length} file${skipped.length === 1 ? '' : 's'} left out`] : []),
  ];
  return `${parts.join(', ')}.`;
}

const leaveOut = (tally: Tally) => (path: string, fault: Fault) => {
  tally.skipped.push({ path, reason: fault.message });
};

interface Settings {
  readonly scratch: string;
  readonly photo: PhotoDetails | null;
}

/** While one batch is stored, the next is being read. `files` grows by what archives and discs hold. */
async function importFiles(
  station: Workstation,
  files: FoundFile[],
  { scratch, photo }: Settings,
  job: JobContext,
  tally: Tally,
): Promise<void> {
  const results: FoundFile[] = [];
  const tell = (note: string) => job.progress({ done: tally.done, total: files.length, unit: 'files', note });
  for await (const batch of readInBatches(station, files, job.signal)) {
    const ready: ReadyFile[] = [];
    for (const read of batch) {
      if (read.kind === 'image') ready.push({ ...read, photo, place: placeOf(read, tally) });
      else if (read.kind === 'failed') {
        tally.done++;
        leaveOut(tally)(read.file.label, read.fault);
      } else if (read.kind === 'result') results.push(read.file);
      else {
        tally.done++;
        await openContainer(station, read, { scratch, files }, job.signal, leaveOut(tally));
      }
    }
    tell(batch[0]?.file.name ?? '');
    await storeBatch(station, ready, job.signal, {
      onFinished: ({ file }) => {
        tally.done++;
        tell(file.name);
      },
      onStored: (stored) => note(tally, stored),
    });
  }
  await importResults(station, results, job.signal, tally);
  tell('');
}

const TAKES_BACK_ELSEWHERE =
  'It takes back results of images that are not in the store. Nothing of it is shown; what it takes back is remembered.';

/** Reports, segmentations and maps come last: they need their images. */
async function importResults(
  station: Workstation,
  files: readonly FoundFile[],
  signal: AbortSignal,
  tally: Tally,
): Promise<void> {
  for (const { path, label } of files) {
    throwIfCancelled(signal);
    try {
      const { added, studyInstanceUid } = await importResult(station, path, signal);
      if (studyInstanceUid === null) tally.skipped.push({ path: label, reason: TAKES_BACK_ELSEWHERE });
      else {
        tally.studies.add(studyInstanceUid);
        if (added) tally.instances++;
        else tally.known++;
      }
    } catch (thrown) {
      const fault = Fault.from(thrown);
      if (['cancelled', 'disk-full', 'bad-database'].includes(fault.code)) throw fault;
      tally.skipped.push({ path: label, reason: fault.message });
    }
    tally.done++;
  }
}

function placeOf({ file, header }: Extract<ReadFile, { kind: 'image' }>, tally: Tally): number {
  if (header.source !== 'photo') return 0;
  const place = (tally.photos.get(file.group) ?? 0) + 1;
  tally.photos.set(file.group, place);
  return place;
}

function note(tally: Tally, stored: Stored): void {
  const { file, header } = stored.ready;
  if (stored.outcome === 'skipped') {
    tally.skipped.push({ path: file.label, reason: stored.reason });
    return;
  }
  tally.studies.add(stored.studyInstanceUid);
  tally.series.add(header.series.uid);
  if (stored.outcome === 'added') tally.instances++;
  else tally.known++;
}

/** Beyond it a person does not wait for the form: what was seen so far decides. */
const LISTED_FOR_FORM = 5000;

/** How many files are photographs by their names, without opening any; of many files the first ones are looked at. */
export async function countPhotos(paths: readonly string[]): Promise<number> {
  let listed = 0;
  let photos = 0;
  for await (const file of listFiles(paths)) {
    if (file.kind === 'file' && /[.](png|jpe?g|tiff?|bmp)$/i.test(file.name)) photos++;
    if (++listed === LISTED_FOR_FORM) break;
  }
  return photos;
}

/** What an import left out, and why. */
export function skippedFiles({ store }: Workstation, jobId: string): readonly SkippedFile[] {
  return listSkippedFiles(store.db, jobId);
}

/** An import to begin again: it finds what it stored already and goes on behind it. */
export interface ResumableImport {
  readonly paths: readonly string[];
  readonly photo: PhotoDetails | null;
}

/**
 * Imports that a crash of their process interrupted. They are marked as ended: whoever asks starts them anew. Paths that
 * are gone meanwhile stay in the list, so that the new import says of them that they are. Only what had been staged is left
 * out: `sweepStaging` knows what becomes of that.
 */
export function resumableImports(station: Workstation): readonly ResumableImport[] {
  const { db, folder } = station.store;
  return listOpenImports(db)
    .filter(({ processId }) => processId !== process.pid && !isAlive(processId))
    .flatMap(({ jobId, paths, photos }: ImportRecord) => {
      end(station, jobId);
      const left = paths.filter((path) => !path.startsWith(folder.temporary + sep));
      return left.length === 0
        ? []
        : [{ paths: left, photo: photos === null ? null : (JSON.parse(photos) as PhotoDetails) }];
    });
}

/** How long an import's list of what it left out is kept, ms. */
const SKIPPED_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

function end(station: Workstation, jobId: string): void {
  const forgetBefore = new Date(station.now().getTime() - SKIPPED_KEPT_MS).toISOString();
  endImport(station.store.db, jobId, timestamp(station), forgetBefore);
}
