/** Files, folders, DICOMDIR and zip archives into the store. An instance is stored whole or listed as left out. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SkippedFile } from '../../preload/contract/model.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import type { InstanceHeader } from '../imaging/header.ts';
import { type CollectedFile, collectFiles } from '../imaging/sources.ts';
import { type Blob, putFile } from '../store/blobs.ts';
import {
  insertInstance,
  listSkippedFiles,
  type NewFrame,
  type NewInstance,
  saveSkippedFiles,
} from '../store/studies.ts';
import type { JobContext } from './jobs.ts';
import { readFile } from './reading.ts';
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

type FoundFile = Extract<CollectedFile, { kind: 'file' }>;

interface Tally {
  readonly studies: Set<string>;
  readonly series: Set<string>;
  instances: number;
  known: number;
  readonly skipped: SkippedFile[];
}

/**
 * Imports everything behind the paths. A bad file is skipped with its reason; importing the same again changes nothing.
 * @throws Fault `cancelled`, `disk-full`, `not-found` where a path itself is not there; what was stored until then stays.
 */
export async function importPaths(
  station: Workstation,
  paths: readonly string[],
  job: JobContext,
): Promise<ImportResult> {
  const started = performance.now();
  const tally: Tally = { studies: new Set(), series: new Set(), instances: 0, known: 0, skipped: [] };
  const scratch = await mkdtemp(join(station.store.folder.temporary, 'import-')).catch((thrown) => {
    throw Fault.from(thrown);
  });
  try {
    const files = await collect(paths, scratch, job, tally);
    await importFiles(station, files, job, tally);
  } finally {
    await rm(scratch, { recursive: true, force: true });
    saveSkippedFiles(station.store.db, job.id, tally.skipped);
    const { studies, series, skipped, ...counts } = tally;
    record(station, 'import', [...studies].join(' '), { ...counts, series: series.size, skipped: skipped.length });
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

async function collect(
  paths: readonly string[],
  scratch: string,
  job: JobContext,
  tally: Tally,
): Promise<readonly FoundFile[]> {
  const files: FoundFile[] = [];
  for await (const file of collectFiles(paths, { scratch, signal: job.signal })) {
    if (file.kind === 'file') files.push(file);
    else tally.skipped.push({ path: file.label, reason: file.fault.message });
    job.progress({ done: 0, total: 0, unit: 'files', note: `${files.length} files found` });
  }
  return files;
}

/** While one file is copied, the next is being read. Only one is read at a time, so that a crash names its file. */
async function importFiles(
  station: Workstation,
  files: readonly FoundFile[],
  job: JobContext,
  tally: Tally,
): Promise<void> {
  let storing: Promise<void> = Promise.resolve();
  try {
    for (const [index, file] of files.entries()) {
      throwIfCancelled(job.signal);
      job.progress({ done: index, total: files.length, unit: 'files', note: file.name });
      const header = await unlessBad(file, tally, () => inspect(station, file, job.signal));
      await storing;
      if (header) storing = unlessBad(file, tally, () => storeFile(station, file, header, job.signal, tally));
      storing.catch(() => {}); // awaited in the next round; must not count as unhandled meanwhile
    }
  } finally {
    await storing;
  }
  job.progress({ done: files.length, total: files.length, unit: 'files', note: '' });
}

function inspect(station: Workstation, file: FoundFile, signal: AbortSignal): Promise<InstanceHeader> {
  return readFile(station, 'inspect', { path: file.path, origin: { name: file.name, group: file.group } }, signal);
}

/** Runs the work on one file. What is wrong with the file itself is noted; what concerns all files is thrown. */
async function unlessBad<T>(file: FoundFile, tally: Tally, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    const fault = Fault.from(thrown);
    if (['cancelled', 'disk-full', 'bad-database'].includes(fault.code)) throw fault;
    tally.skipped.push({ path: file.label, reason: fault.message });
    return undefined;
  }
}

async function storeFile(
  station: Workstation,
  file: FoundFile,
  header: InstanceHeader,
  signal: AbortSignal,
  tally: Tally,
): Promise<void> {
  const blob = await putFile(station.store.folder, file.path, signal);
  const insertion = insertInstance(station.store.db, instanceOf(header, blob), timestamp(station));
  if (insertion === 'conflict-instance')
    throw new Fault('bad-file', 'Another image with the same SOP Instance UID is stored already; the first one stays.');
  if (insertion === 'conflict-patient')
    throw new Fault('bad-file', 'Its study is stored already and belongs to a patient with another ID.');
  tally.studies.add(header.study.uid);
  tally.series.add(header.series.uid);
  if (insertion === 'added') tally.instances++;
  else tally.known++;
}

function instanceOf(header: InstanceHeader, blob: Blob): NewInstance {
  const { patient, study, series, instance } = header;
  return {
    patientId: patient.id,
    patientName: patient.name,
    patientBirthDate: patient.birthDate,
    patientSex: patient.sex,
    studyInstanceUid: study.uid,
    studyDate: study.date,
    studyTime: study.time,
    studyDescription: study.description,
    accessionNumber: study.accessionNumber,
    seriesInstanceUid: series.uid,
    seriesNumber: series.number,
    modality: series.modality,
    bodyPart: series.bodyPart,
    seriesDescription: series.description,
    manufacturer: series.manufacturer,
    sopInstanceUid: instance.uid,
    sopClassUid: instance.sopClassUid,
    transferSyntax: instance.transferSyntax,
    instanceNumber: instance.number,
    lossy: header.image?.lossy ?? false,
    localizer: instance.imageType.includes('LOCALIZER'),
    fileSha256: blob.sha256,
    fileBytes: blob.bytes,
    frames: framesOf(header),
  };
}

/** Of a multi-frame file the header tells the first frame's place only; the others count by their number. */
function framesOf({ image }: InstanceHeader): readonly NewFrame[] {
  if (!image) return [];
  const { rows, columns, pixelSpacing, orientation, position } = image;
  const frame = { rows, columns, pixelSpacing: pixelSpacing && ([pixelSpacing.row, pixelSpacing.column] as const) };
  return Array.from({ length: image.frames }, (_, index) => ({
    ...frame,
    orientation,
    position: index === 0 && image.frames === 1 ? position : null,
  }));
}

/** What an import left out, and why. */
export function skippedFiles({ store }: Workstation, jobId: string): readonly SkippedFile[] {
  return listSkippedFiles(store.db, jobId);
}
