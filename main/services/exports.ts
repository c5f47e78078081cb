/** Results of a study as files in a folder. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ExportFormat, exportFormats } from '../../preload/contract/results.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { sharp } from '../imaging/sharp.ts';
import type { ResultContent } from '../results/content.ts';
import { fhirBundle } from '../results/fhir.ts';
import { scoreDocument, scoreTable } from '../results/tables.ts';
import { readBlob } from '../store/blobs.ts';
import { FOLDER, insertDeliveries } from '../store/result-objects.ts';
import type { JobContext } from './jobs.ts';
import { writeMedia } from './media.ts';
import { openReport, reportPdf, writeWhole } from './reports.ts';
import { resultContent } from './result-content.ts';
import { capturedPicture, OBJECT_FORMATS, resultObjects } from './result-objects.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

export interface ExportedFile {
  readonly path: string;
  /** An ExportFormat; `kos`: the note that takes earlier objects back; `photo`: a photograph as a DICOM image. */
  readonly format: string;
  /** Null where the file is no DICOM object. */
  readonly sopInstanceUid: string | null;
}

/** What can be exported of a study as it stands: of a draft only its PDF, which says that it is one. */
export function exportableFormats(station: Workstation, studyInstanceUid: string): readonly ExportFormat[] {
  return openReport(station, studyInstanceUid).state === 'signed' ? exportFormats : ['pdf'];
}

/**
 * Writes results into a folder, which is made where it is missing. Each file appears whole or not at all; one entry of
 * the audit trail tells of all. `media`: DICOM's layout with a DICOMDIR, the study's images included (media.ts).
 * @throws Fault `not-found`, `not-allowed` where the report is not signed and more than its PDF is asked for,
 * `bad-file`, `disk-full`, `cancelled`
 */
export async function exportResults(
  station: Workstation,
  studyInstanceUid: string,
  folder: string,
  formats: readonly ExportFormat[],
  job: Pick<JobContext, 'signal' | 'progress'>,
  layout: 'folder' | 'media' = 'folder',
): Promise<readonly ExportedFile[]> {
  const files: ExportedFile[] = [];
  const detail = () => ({ formats, files: files.length });
  try {
    await mkdir(folder, { recursive: true }).catch((thrown) => {
      if (thrown.code === 'EEXIST' || thrown.code === 'ENOTDIR')
        throw new Fault('usage', 'This is a file, not a folder. Name a folder for the results.', { path: folder });
      throw Fault.from(thrown, { code: 'bad-file', path: folder });
    });
    if (formats.some((format) => format !== 'pdf')) {
      const content = await resultContent(station, studyInstanceUid, job.signal);
      files.push(...(await writeObjects(station, content, folder, formats, job, layout)));
      files.push(...(await writeDocuments(station, content, folder, formats, job)));
    }
    if (formats.includes('pdf')) {
      const path = join(folder, `report-${studyInstanceUid}.pdf`);
      await writeWhole(path, await reportPdf(station, studyInstanceUid, job.signal));
      files.push({ path, format: 'pdf', sopInstanceUid: null });
    }
  } catch (thrown) {
    record(station, 'results.export', studyInstanceUid, detail(), 'failure');
    throw thrown;
  }
  record(station, 'results.export', studyInstanceUid, detail());
  return files;
}

async function writeObjects(
  station: Workstation,
  content: ResultContent,
  folder: string,
  formats: readonly ExportFormat[],
  job: Pick<JobContext, 'signal' | 'progress'>,
  layout: 'folder' | 'media',
): Promise<readonly ExportedFile[]> {
  const wanted = OBJECT_FORMATS.filter((format) => formats.includes(format));
  if (wanted.length === 0 && layout === 'folder') return [];
  const objects = await resultObjects(station, content, wanted, FOLDER, job.signal);
  const files: ExportedFile[] = [];
  if (layout === 'media')
    files.push(...(await writeMedia(station, content.context.header.study.uid, objects, folder, job)));
  else
    for (const object of objects) {
      throwIfCancelled(job.signal);
      const path = join(folder, `${object.format}-${object.sopInstanceUid}.dcm`);
      await writeWhole(path, await readBlob(station.store.folder, object.fileSha256));
      files.push({ path, format: object.format, sopInstanceUid: object.sopInstanceUid });
      job.progress({ done: files.length, total: objects.length, unit: 'objects', note: object.format });
    }
  const now = { destination: FOLDER, deliveredAt: timestamp(station), deliveredBy: station.user };
  insertDeliveries(
    station.store.db,
    objects.map(({ sopInstanceUid }) => ({ sopInstanceUid, ...now })),
  );
  return files;
}

async function writeDocuments(
  station: Workstation,
  content: ResultContent,
  folder: string,
  formats: readonly ExportFormat[],
  { signal }: Pick<JobContext, 'signal'>,
): Promise<readonly ExportedFile[]> {
  const uid = content.context.header.study.uid;
  const files: ExportedFile[] = [];
  const write = async (format: ExportFormat, name: string, bytes: Uint8Array | string) => {
    throwIfCancelled(signal);
    const path = join(folder, name);
    await writeWhole(path, bytes);
    files.push({ path, format, sopInstanceUid: null });
  };
  if (formats.includes('png'))
    for (const image of content.images) {
      const { width, height, data } = await capturedPicture(station, content, image, signal);
      const png = await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
      const number = image.findings[0]?.number ?? 0;
      await write('png', `finding-${number}-${image.source.header.instance.uid}-${image.frame + 1}.png`, png);
    }
  if (formats.includes('fhir')) await write('fhir', `report-${uid}.fhir.json`, fhirBundle(content));
  if (formats.includes('csv')) await write('csv', `scores-${uid}.csv`, scoreTable(content));
  if (formats.includes('json')) await write('json', `scores-${uid}.json`, scoreDocument(content));
  return files;
}

/** Names of formats, checked. @throws Fault `usage` */
export function parseFormats(words: readonly string[]): readonly ExportFormat[] {
  const known: readonly string[] = exportFormats;
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined)
    throw new Fault('usage', `There is no format "${unknown}". Known are ${exportFormats.join(', ')}.`);
  return words as readonly ExportFormat[];
}
