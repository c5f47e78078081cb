/** Echo, query and sending by DIMSE (PS3.7 section 9; PS3.4 annexes A, B, C). */
import type { DimseNode, RemoteStudy, StudyMatches, StudyQuery } from '../../preload/contract/pacs.ts';
import { Fault } from '../fault.ts';
import { type FileStart, fileStartOf, LONGEST_META } from '../imaging/part10.ts';
import { readBeginning, readStored } from '../seal/sealed-file.ts';
import { type Line, type Proposal, withAssociation } from './association.ts';
import { CEchoRequest, CFindRequest, CStoreRequest, Dataset, Status } from './dimse-library.ts';
import { refused, unreachable } from './peer-faults.ts';
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, UNCOMPRESSED } from './syntaxes.ts';
import type { FileToSend, SendResult } from './tasks.ts';

const VERIFICATION = '1.2.840.10008.1.1';
const STUDY_ROOT_FIND = '1.2.840.10008.5.1.4.1.2.2.1';
export const DATASET_SYNTAXES = [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN];

/** C-ECHO. @throws Fault as withAssociation */
export async function echo(node: DimseNode, signal: AbortSignal): Promise<void> {
  const proposals = [{ sopClass: VERIFICATION, transferSyntaxes: DATASET_SYNTAXES }];
  await withAssociation(node, proposals, { signal }, async (line) => {
    requireAccepted(node, line, VERIFICATION, 'C-ECHO');
    const status = (await line.request(new CEchoRequest())).getStatus();
    if (status !== Status.Success) throw refused(node.name, `answered C-ECHO with status ${hex(status)}.`);
  });
}

/** C-FIND at study level, study root. A `limit` of matches; the rest is cancelled. @throws Fault as withAssociation */
export async function findStudies(
  node: DimseNode,
  query: StudyQuery,
  limit: number,
  signal: AbortSignal,
): Promise<StudyMatches> {
  const proposals = [{ sopClass: STUDY_ROOT_FIND, transferSyntaxes: DATASET_SYNTAXES }];
  return await withAssociation(node, proposals, { signal }, async (line) => {
    const studies: RemoteStudy[] = [];
    let truncated = false;
    await find(node, line, CFindRequest.createStudyFindRequest(keysOf(query)), (match, stop) => {
      if (studies.length < limit) studies.push(studyOf(match));
      else if (!truncated) {
        truncated = true;
        stop();
      }
    });
    return { studies, truncated };
  });
}

/**
 * The SOP classes that a node says a study has, and how many instances; nothing where it does not say.
 * @throws Fault as withAssociation; `not-found` where it says that there is no such study
 */
export async function describeStudy(
  node: DimseNode,
  studyInstanceUid: string,
  signal: AbortSignal,
): Promise<{ readonly sopClasses: readonly string[]; readonly instances: number }> {
  const proposals = [{ sopClass: STUDY_ROOT_FIND, transferSyntaxes: DATASET_SYNTAXES }];
  return await withAssociation(node, proposals, { signal }, async (line) => {
    const found: Match[] = [];
    if (line.accepts(STUDY_ROOT_FIND)) {
      const keys = { StudyInstanceUID: studyInstanceUid, SOPClassesInStudy: '' };
      await find(node, line, CFindRequest.createStudyFindRequest(keys), (match) => found.push(match));
    }
    const [study = {}] = found;
    if (line.accepts(STUDY_ROOT_FIND) && found.length === 0)
      throw new Fault('not-found', `${node.name} has nothing of this study.`);
    return {
      sopClasses: textsOf(study.SOPClassesInStudy),
      instances: Number(textOf(study.NumberOfStudyRelatedInstances)) || 0,
    };
  });
}

type Match = Readonly<Record<string, unknown>>;

async function find(
  node: DimseNode,
  line: Line,
  request: InstanceType<typeof CFindRequest>,
  onMatch: (match: Match, stop: () => void) => void,
): Promise<void> {
  requireAccepted(node, line, STUDY_ROOT_FIND, 'C-FIND');
  request.getDataset()?.setElement('SpecificCharacterSet', 'ISO_IR 192');
  const last = await line.request(request, (response) => {
    const match = response.getDataset()?.getElements();
    if (match) onMatch(match, () => line.sendCancel(request));
  });
  const status = last.getStatus();
  if (status !== Status.Success && status !== Status.Cancel)
    throw refused(node.name, `cannot answer this query (status ${hex(status)} ${last.getErrorComment() ?? ''}).`);
}

function keysOf(query: StudyQuery): Readonly<Record<string, string>> {
  return {
    PatientName: query.patientName,
    PatientID: query.patientId,
    AccessionNumber: query.accessionNumber,
    StudyDate: query.studyDate,
    ModalitiesInStudy: query.modality,
    StudyInstanceUID: query.studyInstanceUid,
  };
}

function studyOf(match: Match): RemoteStudy {
  const text = (keyword: string) => textOf(match[keyword]);
  const count = (keyword: string) => (text(keyword) === '' ? null : Number(text(keyword)));
  return {
    studyInstanceUid: text('StudyInstanceUID'),
    patientName: text('PatientName'),
    patientId: text('PatientID'),
    patientBirthDate: text('PatientBirthDate'),
    patientSex: text('PatientSex'),
    studyDate: text('StudyDate'),
    studyTime: text('StudyTime'),
    studyDescription: text('StudyDescription'),
    accessionNumber: text('AccessionNumber'),
    modalities: textsOf(match.ModalitiesInStudy),
    seriesCount: count('NumberOfStudyRelatedSeries'),
    instanceCount: count('NumberOfStudyRelatedInstances'),
  };
}

/** A value as the library gives it: a string, several, a number, or a person's name in its groups. */
function textsOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value === 'object') {
    const { Alphabetic = '', Ideographic = '', Phonetic = '' } = value as Readonly<Record<string, string>>;
    return [[Alphabetic, Ideographic, Phonetic].join('=').replace(/=+$/, '')];
  }
  return String(value)
    .split('\\')
    .map((text) => text.replace(/[\0 ]+$/, ''))
    .filter((text) => text !== '');
}

const textOf = (value: unknown) => textsOf(value)[0] ?? '';

/** What is to be sent, with what its file says of itself. */
type Sendable = FileToSend & FileStart;

/**
 * C-STORE, one object after the other. An object that is refused does not stop the others; a line that breaks does.
 * @throws Fault as withAssociation; the objects that were not told of by then were not taken
 */
export async function sendFiles(
  node: DimseNode,
  files: readonly FileToSend[],
  signal: AbortSignal,
  onResult: (result: SendResult) => void,
): Promise<void> {
  const sendable: Sendable[] = [];
  for (const file of files)
    try {
      sendable.push({ ...file, ...fileStartOf(readBeginning(file, LONGEST_META), file.path) });
    } catch (thrown) {
      onResult({ id: file.id, fault: Fault.from(thrown).toRecord() });
    }
  if (sendable.length === 0) return;
  await withAssociation(node, storageProposals(sendable), { signal }, async (line) => {
    for (const file of sendable) {
      const fault = await store(node, line, file);
      onResult({ id: file.id, fault: fault?.toRecord() ?? null });
    }
  });
}

/** Each class in the form in which it lies here; what is not compressed also in the other plain forms. */
function storageProposals(files: readonly Sendable[]): readonly Proposal[] {
  const proposals = new Map<string, Proposal>();
  for (const { sopClassUid: sopClass, transferSyntax } of files) {
    proposals.set(`${sopClass} ${transferSyntax}`, { sopClass, transferSyntaxes: [transferSyntax] });
    if (UNCOMPRESSED.includes(transferSyntax))
      proposals.set(`${sopClass} plain`, { sopClass, transferSyntaxes: DATASET_SYNTAXES });
  }
  return [...proposals.values()];
}

/** Null where the node took it. @throws Fault where the line broke */
async function store(node: DimseNode, line: Line, file: Sendable): Promise<Fault | null> {
  const forms = UNCOMPRESSED.includes(file.transferSyntax) ? UNCOMPRESSED : [file.transferSyntax];
  if (!line.accepts(file.sopClassUid, forms))
    return refused(
      node.name,
      `does not take this kind of object (SOP class ${file.sopClassUid}, transfer syntax ${file.transferSyntax}).`,
    );
  const response = await line.request(new CStoreRequest(new FileDataset(file)));
  const status = response.getStatus();
  // PS3.4 annex B.2.3: B000 and what follows are warnings, the object is stored.
  if (status === Status.Success || (status & 0xf000) === 0xb000) return null;
  const comment = `(status ${hex(status)} ${response.getErrorComment() ?? ''})`.replace(' )', ')');
  if ((status & 0xff00) === 0xa700) return unreachable(node.name, `has no room for this object now ${comment}.`);
  return refused(node.name, `did not store this object ${comment}.`);
}

/** A file as a data set to send: its own bytes, unless the node wants it in another plain form. */
class FileDataset extends Dataset {
  readonly #file: Sendable;

  constructor(file: Sendable) {
    super({ SOPClassUID: file.sopClassUid, SOPInstanceUID: file.sopInstanceUid }, file.transferSyntax);
    this.#file = file;
  }

  override getDenaturalizedDataset(): Buffer {
    const dataset = readStored(this.#file).subarray(this.#file.datasetOffset);
    // Deflated data sets may be of odd length in files (PS3.5 annex A.5), and nothing is on the line.
    return dataset.length % 2 === 0 ? dataset : Buffer.concat([dataset, Buffer.alloc(1)]);
  }

  /** Asked for where it has to be written anew. */
  override getElements(): Record<string, unknown> {
    return new Dataset(this.getDenaturalizedDataset(), this.#file.transferSyntax).getElements();
  }
}

function requireAccepted(node: DimseNode, line: Line, sopClass: string, service: string): void {
  if (!line.accepts(sopClass)) throw refused(node.name, `does not offer ${service} to ${node.callingAeTitle}.`);
}

const hex = (status: number) => `0x${status.toString(16).toUpperCase().padStart(4, '0')}`;
