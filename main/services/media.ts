/** A study with its results as DICOM's layout for CDs and other media: numbered files below DICOM/, and a DICOMDIR. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, throwIfCancelled } from '../fault.ts';
import { derivedUid } from '../imaging/header.ts';
import type { MediaEntry } from '../imaging/media-entry.ts';
import { type DirectoryRecord, dicomDirectory } from '../results/dicomdir.ts';
import { readBlob, storedFile } from '../store/blobs.ts';
import type { ResultObject } from '../store/result-objects.ts';
import { listFrames } from '../store/studies.ts';
import type { ExportedFile } from './exports.ts';
import type { JobContext } from './jobs.ts';
import { readFile } from './reading.ts';
import { writeWhole } from './reports.ts';
import type { Workstation } from './workstation.ts';

/**
 * Writes the study's own files and its results into an empty or new folder. Photographs stay out: they are no DICOM.
 * @throws Fault `not-allowed` where the folder holds something, `bad-file`, `disk-full`, `cancelled`
 */
export async function writeMedia(
  station: Workstation,
  studyInstanceUid: string,
  objects: readonly ResultObject[],
  folder: string,
  job: Pick<JobContext, 'signal' | 'progress'>,
): Promise<readonly ExportedFile[]> {
  const { db, folder: data } = station.store;
  await mkdir(join(folder, 'DICOM'), { recursive: true });
  if ((await readdir(folder)).length > 1 || (await readdir(join(folder, 'DICOM'))).length > 0)
    throw new Fault('not-allowed', 'A medium needs a folder of its own. Choose an empty one.', { path: folder });
  const originals = [...new Set(listFrames(db, studyInstanceUid).map(({ fileSha256 }) => fileSha256))];
  const sources = [
    ...originals.map((sha256) => ({ sha256, format: 'image' })),
    ...objects.map(({ fileSha256, format }) => ({ sha256: fileSha256, format })),
  ];
  const files: ExportedFile[] = [];
  const entries: (MediaEntry & { readonly fileId: readonly string[] })[] = [];
  for (const { sha256, format } of sources) {
    throwIfCancelled(job.signal);
    const entry = await readFile(station, 'mediaEntry', storedFile(data, sha256), job.signal);
    if (!entry) continue;
    const fileId = ['DICOM', `I${String(entries.length + 1).padStart(7, '0')}`];
    const path = join(folder, ...fileId);
    await writeWhole(path, await readBlob(data, sha256));
    entries.push({ ...entry, fileId });
    files.push({ path, format, sopInstanceUid: entry.sopInstanceUid });
    job.progress({ done: files.length, total: sources.length, unit: 'files', note: format });
  }
  const index = join(folder, 'DICOMDIR');
  const fileSet = derivedUid('instance', `media/${entries.map(({ sopInstanceUid }) => sopInstanceUid).join('/')}`);
  await writeWhole(index, dicomDirectory(recordsOf(entries), fileSet));
  return [...files, { path: index, format: 'dicomdir', sopInstanceUid: null }];
}

type FiledEntry = MediaEntry & { readonly fileId: readonly string[] };

/** All are of one study, and so of one patient. */
function recordsOf(entries: readonly FiledEntry[]): readonly DirectoryRecord[] {
  const [first] = entries;
  if (!first) return [];
  const series = [...new Set(entries.map(({ seriesInstanceUid }) => seriesInstanceUid))].map((uid): DirectoryRecord => {
    const members = entries.filter(({ seriesInstanceUid }) => seriesInstanceUid === uid);
    return { attributes: members[0]?.series ?? {}, below: members.map(instanceRecord) };
  });
  return [{ attributes: first.patient, below: [{ attributes: first.study, below: series }] }];
}

function instanceRecord({
  fileId,
  sopClassUid,
  sopInstanceUid,
  transferSyntax,
  instance,
}: FiledEntry): DirectoryRecord {
  return {
    attributes: {
      ReferencedFileID: fileId,
      ReferencedSOPClassUIDInFile: sopClassUid,
      ReferencedSOPInstanceUIDInFile: sopInstanceUid,
      ReferencedTransferSyntaxUIDInFile: transferSyntax,
      ...instance,
    },
    below: [],
  };
}
