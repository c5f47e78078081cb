/** Copies of images without the patient's identity: what may leave the house for research, teaching or a demonstration. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { SkippedFile } from '../../preload/contract/model.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import type { DeidentifyOptions } from '../imaging/deidentify/deidentify.ts';
import { listFiles } from '../imaging/sources.ts';
import { blobPath } from '../store/blobs.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { listFrames } from '../store/studies.ts';
import type { JobContext } from './jobs.ts';
import { readFile } from './reading.ts';
import { record, type Workstation } from './workstation.ts';

export interface DeidentifySettings extends Omit<DeidentifyOptions, 'key'> {
  /** Folder for the copies: PATIENT/STUDY/INSTANCE.dcm, all pseudonyms. Made where it is missing. */
  readonly to: string;
}

export interface DeidentifiedCopies {
  readonly written: readonly { readonly path: string; readonly sopInstanceUid: string }[];
  readonly skipped: readonly SkippedFile[];
  /** What a person should look at before the copies leave the house. */
  readonly notes: readonly { readonly path: string; readonly note: string }[];
}

/**
 * De-identified copies of DICOM files by PS3.15's Basic Application Confidentiality Profile. A file that cannot be
 * cleaned is left out with its reason. The same originals get the same pseudonyms in every run on this data folder.
 * @param paths files and folders
 * @throws Fault `cancelled`, `disk-full`, `bad-file` where the folder cannot be made; what was written whole stays.
 */
export async function deidentifyInstances(
  station: Workstation,
  paths: readonly string[],
  { to, dates, keepPatientCharacteristics }: DeidentifySettings,
  job: JobContext,
): Promise<DeidentifiedCopies> {
  await mkdir(to, { recursive: true }).catch((thrown) => {
    throw Fault.from(thrown, { code: 'bad-file', path: to });
  });
  const written: { path: string; sopInstanceUid: string }[] = [];
  const skipped: SkippedFile[] = [];
  const notes: { path: string; note: string }[] = [];
  const found: string[] = [];
  for await (const file of listFiles(paths, job.signal))
    if (file.kind === 'file') found.push(file.path);
    else skipped.push({ path: file.label, reason: file.fault.message });
  const settings = { key: keyOf(station), to, dates, keepPatientCharacteristics };
  for (const [done, path] of found.entries()) {
    throwIfCancelled(job.signal);
    job.progress({ done, total: found.length, unit: 'files', note: 'De-identifying' });
    try {
      const copy = await readFile(station, 'deidentify', { path, ...settings }, job.signal);
      written.push({ path: copy.path, sopInstanceUid: copy.instanceUid });
      notes.push(...copy.notes.map((note) => ({ path: copy.path, note })));
    } catch (thrown) {
      const fault = Fault.from(thrown);
      if (['cancelled', 'disk-full'].includes(fault.code)) throw fault;
      skipped.push({ path, reason: fault.message });
    }
  }
  const counts = { written: written.length, skipped: skipped.length, dates, keepPatientCharacteristics };
  record(station, 'deidentify', '', counts);
  return { written, skipped, notes };
}

/** The stored original files of a study, for `deidentifyInstances`. */
export function originalsOf({ store }: Workstation, studyInstanceUid: string): readonly string[] {
  const hashes = new Set(listFrames(store.db, studyInstanceUid).map(({ fileSha256 }) => fileSha256));
  if (hashes.size === 0) throw new Fault('not-found', 'This study is not in the worklist. Import it first.');
  return [...hashes].map((sha256) => blobPath(store.folder, sha256));
}

const KEY = 'deidentification.key';

/** The secret that all pseudonyms of this data folder follow from, made at the first use. It never leaves the folder. */
function keyOf({ store }: Workstation): Uint8Array {
  const kept = getSetting(store.db, KEY);
  if (kept !== null) return Buffer.from(kept, 'hex');
  const key = randomBytes(32);
  setSetting(store.db, KEY, key.toString('hex'));
  return key;
}
