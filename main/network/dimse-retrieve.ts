/** A study from a node by C-GET or C-MOVE (PS3.4 annex C.4). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { responses } from 'dcmjs-dimse';
import type { DimseNode, ReceiverSettings } from '../../preload/contract/pacs.ts';
import { Fault } from '../fault.ts';
import { type Line, MOST_PROPOSALS, type Proposal, withAssociation } from './association.ts';
import { DATASET_SYNTAXES, describeStudy } from './dimse.ts';
import { CGetRequest, CMoveRequest, Status } from './dimse-library.ts';
import { refused, unreachable } from './peer-faults.ts';
import { expectFrom } from './receivers.ts';
import { Staging } from './staging.ts';
import { COMPRESSED, LIKELY_CLASSES, STORAGE_CLASSES } from './syntaxes.ts';
import type { RetrieveInput, TransferProgress } from './tasks.ts';

const STUDY_ROOT_MOVE = '1.2.840.10008.5.1.4.1.2.2.2';
const STUDY_ROOT_GET = '1.2.840.10008.5.1.4.1.2.2.3';

interface Options {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TransferProgress) => void;
}

type SubOperations = Pick<responses.CGetResponse, 'getRemaining' | 'getCompleted' | 'getWarnings' | 'getFailures'>;

/**
 * Fetches a whole study into the folder: every instance or a fault. Returns how many there are.
 * @throws Fault `peer-unreachable`, `peer-refused`, `not-found` where the node has no such study, `cancelled`, `disk-full`
 */
export async function retrieveByDimse(
  node: DimseNode,
  { studyInstanceUid, folder, receiver }: RetrieveInput,
  options: Options,
): Promise<number> {
  return node.retrieve === 'get'
    ? await getStudy(node, studyInstanceUid, folder, options)
    : await moveStudy(node, studyInstanceUid, folder, receiver, options);
}

async function getStudy(node: DimseNode, study: string, folder: string, { signal, onProgress }: Options) {
  const { sopClasses, instances } = await describeStudy(node, study, signal);
  const staging = new Staging(folder);
  return await withAssociation(node, getProposals(sopClasses), { signal, staging }, async (line) => {
    const request = CGetRequest.createStudyGetRequest(study);
    const last = await run(node, line, STUDY_ROOT_GET, request, instances, onProgress);
    return requireAll(node, last, staging.instances, 'C-GET');
  });
}

/** Uncompressed for all classes, and as they are for those that the study has, or is likely to have. */
function getProposals(sopClasses: readonly string[]): readonly Proposal[] {
  const asProvider = true;
  const plain = [...new Set([...sopClasses, ...STORAGE_CLASSES])].map((sopClass) => ({
    sopClass,
    transferSyntaxes: DATASET_SYNTAXES,
    asProvider,
  }));
  const compressed = COMPRESSED.flatMap((syntax) =>
    (sopClasses.length > 0 ? sopClasses : LIKELY_CLASSES).map((sopClass) => ({
      sopClass,
      transferSyntaxes: [syntax],
      asProvider,
    })),
  );
  const service = { sopClass: STUDY_ROOT_GET, transferSyntaxes: DATASET_SYNTAXES };
  // With what a study has first, nothing of it falls off the end.
  return [service, ...plain, ...compressed].slice(0, MOST_PROPOSALS);
}

async function moveStudy(
  node: DimseNode,
  study: string,
  folder: string,
  receiver: ReceiverSettings,
  { signal, onProgress }: Options,
): Promise<number> {
  const expected = await expectFrom(node, receiver, folder);
  try {
    const proposals = [{ sopClass: STUDY_ROOT_MOVE, transferSyntaxes: DATASET_SYNTAXES }];
    const last = await withAssociation(node, proposals, { signal }, async (line) =>
      run(node, line, STUDY_ROOT_MOVE, CMoveRequest.createStudyMoveRequest(receiver.aeTitle, study), 0, onProgress),
    );
    // The last response may overtake the end of the association that brought the last object.
    for (let waited = 0; expected.isOpen() && waited < 100; waited++) await sleep(100, undefined, { signal });
    return requireAll(node, last, expected.collect(), 'C-MOVE');
  } finally {
    await expected.end();
  }
}

async function run(
  node: DimseNode,
  line: Line,
  sopClass: string,
  request: InstanceType<typeof CGetRequest> | InstanceType<typeof CMoveRequest>,
  known: number,
  onProgress: (progress: TransferProgress) => void,
): Promise<responses.Response> {
  if (!line.accepts(sopClass))
    throw refused(node.name, `does not offer ${sopClass === STUDY_ROOT_GET ? 'C-GET' : 'C-MOVE'}.`);
  return await line.request(request, (response) => {
    const { done, left } = countsOf(response);
    onProgress({ done, total: Math.max(known, done + left) });
  });
}

function countsOf(response: responses.Response) {
  const counts = response as unknown as SubOperations;
  const failed = counts.getFailures() ?? 0;
  const done = (counts.getCompleted() ?? 0) + (counts.getWarnings() ?? 0);
  return { done, failed, left: counts.getRemaining() ?? 0 };
}

/** PS3.4 tables C.4-2 and C.4-3. */
function requireAll(node: DimseNode, last: responses.Response, arrived: number, service: string): number {
  const status = last.getStatus();
  const { done, failed } = countsOf(last);
  if (status === 0xa801)
    throw refused(node.name, 'does not know this workstation as a destination. Its administrator has to enter it.');
  if (status !== Status.Success || failed > 0)
    throw refused(
      node.name,
      `could not deliver ${failed || 'some'} objects by ${service} (status 0x${status.toString(16).toUpperCase()}). Nothing was imported.`,
    );
  if (arrived < done)
    throw unreachable(node.name, `sent ${done} objects and ${arrived} arrived. Nothing was imported.`);
  if (arrived === 0) throw new Fault('not-found', `${node.name} has nothing of this study.`);
  return arrived;
}
