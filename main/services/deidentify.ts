/** Copies of images without the patient's identity: what may leave the house for research, teaching or a demonstration. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import type { SkippedFile } from '../../preload/contract/model.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import type { DeidentifyOptions } from '../imaging/deidentify/deidentify.ts';
import { listFiles } from '../imaging/sources.ts';
import type { StoredFile } from '../seal/sealed-file.ts';
import { storedFile } from '../store/blobs.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { listFrames } from '../store/studies.ts';
import type { JobContext } from './jobs.ts';
import { readFile } from './reading.ts';
import { withScratch } from './scratch.ts';
import { record, type Workstation } from './workstation.ts';
import { zipFolder } from './zip-folder.ts';

export interface DeidentifySettings extends Omit<DeidentifyOptions, 'key'> {
  /**
   * Folder for the copies: PATIENT/STUDY/INSTANCE.dcm, all pseudonyms; made where it is missing. A name that ends in
   * `.zip` is an archive of them, which replaces what stands there.
   */
  readonly to: string;
}

export interface DeidentifiedCopies {
  /** `source`: the original's path; it stays in the house. */
  readonly written: readonly { readonly source: string; readonly path: string; readonly sopInstanceUid: string }[];
  readonly skipped: readonly SkippedFile[];
  /** What a person should look at before the copies leave the house. */
  readonly notes: readonly { readonly path: string; readonly note: string }[];
}

/**
 * As `deidentifyInto`, or the same in a zip archive, which appears whole or not at all.
 * @throws Fault as `deidentifyInto`; `bad-file` where the copies are too large for one archive
 */
export async function deidentifyInstances(
  station: Workstation,
  sources: readonly (string | StoredFile)[],
  settings: DeidentifySettings,
  job: JobContext,
): Promise<DeidentifiedCopies> {
  const { to } = settings;
  if (!isArchive(to)) return await deidentifyInto(station, sources, settings, job);
  return await withScratch(async (scratch) => {
    const copies = await deidentifyInto(station, sources, { ...settings, to: scratch }, job);
    await zipFolder(scratch, to, job.signal);
    const inArchive = (path: string) => `${to}/${relative(scratch, path).split(sep).join('/')}`;
    return {
      ...copies,
      written: copies.written.map((copy) => ({ ...copy, path: inArchive(copy.path) })),
      notes: copies.notes.map((note) => ({ ...note, path: inArchive(note.path) })),
    };
  });
}

const isArchive = (path: string) => /[.]zip$/i.test(path);

/**
 * De-identified copies of DICOM files by PS3.15's Basic Application Confidentiality Profile. A file that cannot be
 * cleaned is left out with its reason. The same originals get the same pseudonyms in every run on this data folder.
 * @param sources files and folders, or files of the store
 * @throws Fault `cancelled`, `disk-full`, `bad-file` where the folder cannot be made; what was written whole stays.
 */
async function deidentifyInto(
  station: Workstation,
  sources: readonly (string | StoredFile)[],
  { to, dates, keepPatientCharacteristics }: DeidentifySettings,
  job: JobContext,
): Promise<DeidentifiedCopies> {
  await mkdir(to, { recursive: true }).catch((thrown) => {
    throw Fault.from(thrown, { code: 'bad-file', path: to });
  });
  const written: DeidentifiedCopies['written'][number][] = [];
  const skipped: SkippedFile[] = [];
  const notes: { path: string; note: string }[] = [];
  const found: StoredFile[] = sources.filter((source) => typeof source !== 'string');
  const paths = sources.filter((source) => typeof source === 'string');
  for await (const file of listFiles(paths, job.signal))
    if (file.kind === 'file') found.push({ path: file.path });
    else skipped.push({ path: file.label, reason: file.fault.message });
  const settings = { key: pseudonymKeyOf(station), to, dates, keepPatientCharacteristics };
  for (const [done, file] of found.entries()) {
    throwIfCancelled(job.signal);
    job.progress({ done, total: found.length, unit: 'files', note: 'De-identifying' });
    try {
      const copy = await readFile(station, 'deidentify', { ...file, ...settings }, job.signal);
      written.push({ source: file.path, path: copy.path, sopInstanceUid: copy.instanceUid });
      notes.push(...copy.notes.map((note) => ({ path: copy.path, note })));
    } catch (thrown) {
      const fault = Fault.from(thrown);
      if (['cancelled', 'disk-full'].includes(fault.code)) throw fault;
      skipped.push({ path: file.path, reason: fault.message });
    }
  }
  const counts = { written: written.length, skipped: skipped.length, dates, keepPatientCharacteristics };
  record(station, 'deidentify', '', counts);
  return { written, skipped, notes };
}

/** The stored original files of a study, for `deidentifyInstances`. */
export function originalsOf({ store }: Workstation, studyInstanceUid: string): readonly StoredFile[] {
  const hashes = new Set(listFrames(store.db, studyInstanceUid).map(({ fileSha256 }) => fileSha256));
  if (hashes.size === 0) throw new Fault('not-found', 'This study is not in the worklist. Import it first.');
  return [...hashes].map((sha256) => storedFile(store.folder, sha256));
}

/** What was written, in a sentence. @throws Fault `bad-file` where nothing could be, with the first reason */
export function deidentifiedSummary({ written, skipped, notes }: DeidentifiedCopies, to: string): string {
  const [first] = skipped;
  if (written.length === 0 && first) throw new Fault('bad-file', first.reason);
  const images = (count: number) => `${count} image${count === 1 ? '' : 's'}`;
  const parts = [
    `${images(written.length)} written without identity to ${to}.`,
    ...(first ? [`${images(skipped.length)} left out: ${first.reason}`] : []),
    ...(notes[0] ? [`Look at ${images(notes.length)} before passing them on: ${notes[0].note}`] : []),
  ];
  return parts.join(' ');
}

const KEY = 'deidentification.key';

/** The secret that all pseudonyms of this data folder follow from, made at the first use. It never leaves the folder. */
export function pseudonymKeyOf({ store }: Workstation): Uint8Array {
  const kept = getSetting(store.db, KEY);
  if (kept !== null) return Buffer.from(kept, 'hex');
  const key = randomBytes(32);
  setSetting(store.db, KEY, key.toString('hex'));
  return key;
}
