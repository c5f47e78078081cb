/** QIDO-RS, WADO-RS and STOW-RS (PS3.18 sections 10.4 to 10.6). */
import type { DicomwebNode, RemoteStudy, StudyMatches, StudyQuery } from '../../preload/contract/pacs.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import type { StoredFile } from '../seal/sealed-file.ts';
import { readJson, withResponse } from './http.ts';
import { filePart, stageParts } from './multipart.ts';
import { refused, unreachable } from './peer-faults.ts';
import { Staging } from './staging.ts';
import type { FileToSend, RetrieveInput, SendResult, TransferProgress } from './tasks.ts';

const JSON_TYPE = 'application/dicom+json';

/** Attributes that are shown and that not every service returns unasked. */
const FIELDS = ['00081030', '00080061', '00201206', '00201208', '00100030', '00100040'];

/** The smallest query. @throws Fault as withResponse */
export async function ping(node: DicomwebNode, signal: AbortSignal): Promise<void> {
  await queryStudies(node, new URLSearchParams({ limit: '1' }), signal);
}

/** @throws Fault as withResponse */
export async function queryForStudies(
  node: DicomwebNode,
  query: StudyQuery,
  limit: number,
  signal: AbortSignal,
): Promise<StudyMatches> {
  const keys = {
    PatientName: query.patientName,
    PatientID: query.patientId,
    AccessionNumber: query.accessionNumber,
    StudyDate: query.studyDate,
    ModalitiesInStudy: query.modality,
    StudyInstanceUID: query.studyInstanceUid,
  };
  const given = Object.entries(keys).filter(([, value]) => value !== '');
  const studies = await queryStudies(node, new URLSearchParams([...given, ['limit', String(limit + 1)]]), signal);
  return { studies: studies.slice(0, limit), truncated: studies.length > limit };
}

async function queryStudies(
  node: DicomwebNode,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<readonly RemoteStudy[]> {
  for (const field of FIELDS) query.append('includefield', field);
  const request = { method: 'GET', path: `/studies?${query}`, headers: { Accept: JSON_TYPE } } as const;
  const answer = await withResponse(node, request, signal, (response) => readJson(node, response));
  if (!Array.isArray(answer)) throw refused(node.name, 'does not answer queries in DICOM JSON. Check its address.');
  return answer.map(studyOf).filter(({ studyInstanceUid }) => studyInstanceUid !== '');
}

/** PS3.18 annex F: attributes by tag, each with its values. */
type JsonDataset = Readonly<Record<string, { readonly Value?: readonly unknown[] } | undefined>>;

function studyOf(match: JsonDataset): RemoteStudy {
  const texts = (tag: string) => (match[tag]?.Value ?? []).map(textOf).filter((text) => text !== '');
  const text = (tag: string) => texts(tag)[0] ?? '';
  const count = (tag: string) => (text(tag) === '' ? null : Number(text(tag)));
  return {
    studyInstanceUid: text('0020000D'),
    patientName: text('00100010'),
    patientId: text('00100020'),
    patientBirthDate: text('00100030'),
    patientSex: text('00100040'),
    studyDate: text('00080020'),
    studyTime: text('00080030'),
    studyDescription: text('00081030'),
    accessionNumber: text('00080050'),
    modalities: texts('00080061'),
    seriesCount: count('00201206'),
    instanceCount: count('00201208'),
  };
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? '' : String(value);
  const { Alphabetic = '', Ideographic = '', Phonetic = '' } = value as Readonly<Record<string, string>>;
  return [Alphabetic, Ideographic, Phonetic].join('=').replace(/=+$/, '');
}

/**
 * Fetches a whole study into the folder, as it is stored there. Returns how many instances.
 * @throws Fault as withResponse; `not-found` where there is nothing; `peer-unreachable` where less came than there is
 */
export async function retrieveByWado(
  node: DicomwebNode,
  { studyInstanceUid, folder }: RetrieveInput,
  signal: AbortSignal,
  onProgress: (progress: TransferProgress) => void,
): Promise<number> {
  const [study] = await queryStudies(node, new URLSearchParams({ StudyInstanceUID: studyInstanceUid }), signal);
  const total = study?.instanceCount ?? 0;
  const staging = new Staging(folder);
  const request = {
    method: 'GET',
    path: `/studies/${encodeURIComponent(studyInstanceUid)}`,
    headers: { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' },
  } as const;
  await withResponse(node, request, signal, (response) =>
    stageParts(response, staging, () => onProgress({ done: staging.instances, total })),
  );
  if (staging.instances === 0) throw new Fault('not-found', `${node.name} has nothing of this study.`);
  if (staging.instances < total)
    throw unreachable(node.name, `has ${total} objects and sent ${staging.instances}. Nothing was imported.`);
  return staging.instances;
}

/** Stores files, one request each. @throws Fault where the service cannot be reached or was cancelled */
export async function storeByStow(
  node: DicomwebNode,
  files: readonly FileToSend[],
  signal: AbortSignal,
  onResult: (result: SendResult) => void,
): Promise<void> {
  for (const { id, ...file } of files) {
    throwIfCancelled(signal);
    try {
      await storeOne(node, file, signal);
      onResult({ id, fault: null });
    } catch (thrown) {
      const fault = Fault.from(thrown);
      if (fault.code === 'cancelled') throw fault;
      onResult({ id, fault: fault.toRecord() });
      // The others would wait as long for the same answer.
      if (fault.code === 'peer-unreachable') throw fault;
    }
  }
}

async function storeOne(node: DicomwebNode, file: StoredFile, signal: AbortSignal): Promise<void> {
  const { headers, body } = filePart(file);
  const request = { method: 'POST', path: '/studies', headers: { ...headers, Accept: JSON_TYPE }, body } as const;
  const { status, answer } = await withResponse(node, request, signal, async (response) => ({
    status: response.statusCode,
    answer: await readJson(node, response),
  }));
  const failed = ((Array.isArray(answer) ? answer[0] : answer) as JsonDataset | undefined)?.['00081198']?.Value;
  if (status !== 409 && !failed?.length) return;
  const reason = Number((failed?.[0] as JsonDataset | undefined)?.['00081197']?.Value?.[0] ?? 0);
  const coded = `(reason 0x${reason.toString(16).toUpperCase().padStart(4, '0')})`;
  if ((reason & 0xff00) === 0xa700) throw unreachable(node.name, `has no room for this object now ${coded}.`);
  throw refused(node.name, `did not store this object ${coded}.`);
}
