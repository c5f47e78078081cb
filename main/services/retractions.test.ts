/** What was taken back never leaves; who may have it is told, whatever happens in between. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { FaultCode } from '../../preload/contract/faults.ts';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { dimseNode } from '../../tests/support/peers.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { Fault } from '../fault.ts';
import type { NetworkTasks } from '../network/tasks.ts';
import type { TaskRunner } from '../process/tasks.ts';
import { run } from '../runtime/command.ts';
import { isOnPath } from '../runtime/debian.ts';
import { listAudit, verifyAudit } from '../store/audit.ts';
import { storedFile } from '../store/blobs.ts';
import { claimSends, markUnsent, replaceNodes, saveNode } from '../store/network.ts';
import { listResultObjects } from '../store/result-objects.ts';
import { openStore } from '../store/store.ts';
import { Jobs } from './jobs.ts';
import { NetworkLife } from './network-life.ts';
import { removeNode } from './nodes.ts';
import { addAddendum } from './reports.ts';
import { replaceOwed, sendResults } from './result-sending.ts';
import { forgetOwed, hurryReplacements, owedReplacements } from './retractions.ts';
import { sendDue, sendQueue, takeFromQueue } from './send-queue.ts';
import type { Workstation } from './workstation.ts';

/** A network whose nodes take everything, or answer everything with a fault. */
function networkThat(answers: () => FaultCode | null): TaskRunner<NetworkTasks> {
  return {
    run: async (name, input, options) => {
      if (name !== 'send') throw new Fault('internal', 'This test only sends.');
      const code = answers();
      const fault = code === null ? null : new Fault(code, 'It did not answer.').toRecord();
      const tell = options?.onProgress as ((result: NetworkTasks['send']['progress']) => void) | undefined;
      for (const { id } of (input as NetworkTasks['send']['input']).files) tell?.({ id, fault });
      return null as never;
    },
  };
}

/** A signed study of two slices, with nodes `a` and `b`, and what they answer. */
async function signedWithNodes(nodes: readonly string[] = ['a', 'b']) {
  let answer: FaultCode | null = null;
  const station = testWorkstation(brightnessEngine, {
    network: networkThat(() => answer),
    print: async () => Buffer.from('%PDF-1.7 of a test'),
  });
  for (const name of nodes) saveNode(station.store.db, dimseNode(104, { name }));
  const { paths } = writePhantomStudy(freshFolder(), { number: 1, slices: 2 });
  const { studyInstanceUid, findings } = await signedStudy(station, paths);
  const takeBack = (place = 0) =>
    addAddendum(station, {
      studyInstanceUid,
      text: 'Wrong side.',
      withdrawn: [findings[place]?.id ?? ''],
      reason: 'safety',
    });
  const answers = (code: FaultCode | null) => {
    answer = code;
  };
  return { station, studyInstanceUid, findings, takeBack, answers };
}

const send = (station: Workstation, uid: string, node: string) => sendResults(station, uid, node, ['sr', 'seg']);

/** Label and version of what is in the queue of a node, in the order in which it goes. */
function queued(station: Workstation, node: string, states: readonly string[] = ['waiting', 'failed']) {
  const { db } = station.store;
  const versions = new Map(
    db
      .all<{ uid: string; version: number }>('SELECT sop_instance_uid AS uid, version FROM result_objects')
      .map(({ uid, version }) => [uid, version]),
  );
  return [...sendQueue(station)]
    .reverse()
    .filter((entry) => entry.node === node && states.includes(entry.state))
    .map(({ label, sopInstanceUid }) => `${label} ${versions.get(sopInstanceUid)}`);
}

const REPLACED = ['Structured report 2', 'Segmentation 2'];

/** UIDs of earlier versions that the note in a node's queue names. */
async function named(station: Workstation, studyInstanceUid: string, node: string): Promise<readonly string[]> {
  const notes = sendQueue(station).filter((entry) => entry.node === node && entry.label === 'Rejection note');
  expect(notes).toHaveLength(1);
  const objects = listResultObjects(station.store.db, studyInstanceUid);
  const note = objects.find(({ sopInstanceUid }) => sopInstanceUid === notes[0]?.sopInstanceUid);
  const { output } = await run('dcmdump', ['+L', storedFile(station.store.folder, note?.fileSha256 ?? '').path]);
  return objects.flatMap(({ sopInstanceUid, format }) =>
    format !== 'kos' && output.includes(`[${sopInstanceUid}]`) ? [sopInstanceUid] : [],
  );
}

describe('a retraction', () => {
  it('takes out of the queue what nobody has yet, and then needs no note', async () => {
    const { station, studyInstanceUid, takeBack } = await signedWithNodes();
    await send(station, studyInstanceUid, 'a');
    expect(queued(station, 'a')).toEqual(['Structured report 1', 'Segmentation 1']);
    takeBack();
    expect(queued(station, 'a')).toEqual([]);
    expect(await replaceOwed(station)).toEqual([{ studyInstanceUid, node: 'a', owedBecause: '' }]);
    expect(queued(station, 'a')).toEqual(REPLACED);
    expect(owedReplacements(station)).toEqual([]);
    expect(await replaceOwed(station)).toEqual([]);
    const unqueued = listAudit(station.store.db).filter(({ action }) => action === 'network.unqueue');
    expect(unqueued.map(({ detail }) => JSON.parse(detail).takenBack)).toEqual([true, true]);
  });

  it.runIf(isOnPath('dcmdump'))('names to each node what that node has, and to no other', async () => {
    const { station, studyInstanceUid, takeBack } = await signedWithNodes();
    const report = await sendResults(station, studyInstanceUid, 'a', ['sr']);
    await sendDue(station, testJob());
    const regions = await sendResults(station, studyInstanceUid, 'b', ['seg']);
    await sendDue(station, testJob());
    takeBack();
    await replaceOwed(station);
    expect(queued(station, 'a')).toEqual(['Structured report 2', 'Rejection note 2']);
    expect(queued(station, 'b')).toEqual(['Segmentation 2', 'Rejection note 2']);
    expect(await named(station, studyInstanceUid, 'a')).toEqual([report[0]?.sopInstanceUid]);
    expect(await named(station, studyInstanceUid, 'b')).toEqual([regions[0]?.sopInstanceUid]);
  });

  it.runIf(isOnPath('dcmdump'))('names what was tried and may have arrived without an answer', async () => {
    const { station, studyInstanceUid, takeBack, answers } = await signedWithNodes();
    answers('peer-unreachable');
    const sent = await send(station, studyInstanceUid, 'a');
    await sendDue(station, testJob());
    takeBack();
    await replaceOwed(station);
    expect(queued(station, 'a')).toEqual([...REPLACED, 'Rejection note 2']);
    expect(new Set(await named(station, studyInstanceUid, 'a'))).toEqual(
      new Set(sent.map(({ sopInstanceUid }) => sopInstanceUid)),
    );
  });

  it.runIf(isOnPath('dcmdump'))('names what was tried, also where a person then took it out of the queue', async () => {
    const { station, studyInstanceUid, takeBack, answers } = await signedWithNodes();
    answers('peer-unreachable');
    const [report] = await sendResults(station, studyInstanceUid, 'a', ['sr']);
    await sendDue(station, testJob());
    takeFromQueue(station, report?.id ?? '');
    takeBack();
    await replaceOwed(station);
    expect(queued(station, 'a')).toEqual(['Structured report 2', 'Rejection note 2']);
    expect(await named(station, studyInstanceUid, 'a')).toEqual([report?.sopInstanceUid]);
  });

  it('waits for what is being sent, which is then not sent again', async () => {
    const { station, studyInstanceUid, takeBack } = await signedWithNodes();
    await send(station, studyInstanceUid, 'a');
    const { db } = station.store;
    // By a process that lives: this one.
    const claimed = claimSends(db, new Date().toISOString(), process.pid, 10);
    takeBack();
    expect(await replaceOwed(station)).toMatchObject([{ owedBecause: expect.stringContaining('being sent') }]);
    for (const { id } of claimed) markUnsent(db, id, 'No answer.', '2026-01-01T00:00:00.000Z');
    hurryReplacements(station);
    // What came back unsent is dropped before anything is claimed.
    expect(await sendDue(station, testJob())).toEqual([]);
    await replaceOwed(station);
    expect(queued(station, 'a')).toEqual([...REPLACED, 'Rejection note 2']);
  });

  it('reaches one node though another is gone, and stays owed to that one', async () => {
    const { station, studyInstanceUid, takeBack } = await signedWithNodes();
    for (const node of ['a', 'b']) {
      await send(station, studyInstanceUid, node);
      await sendDue(station, testJob());
    }
    removeNode(station, 'a');
    takeBack();
    const outcomes = await replaceOwed(station);
    expect(outcomes.map(({ node, owedBecause }) => [node, owedBecause])).toEqual([
      ['a', 'There is no node named a.'],
      ['b', ''],
    ]);
    expect(queued(station, 'b')).toEqual([...REPLACED, 'Rejection note 2']);
    expect(owedReplacements(station)).toMatchObject([{ node: 'a', lastError: 'There is no node named a.' }]);

    saveNode(station.store.db, dimseNode(104, { name: 'a' }));
    expect(() => removeNode(station, 'a')).toThrow(/has not been told/);
    hurryReplacements(station);
    await replaceOwed(station);
    expect(queued(station, 'a')).toEqual([...REPLACED, 'Rejection note 2']);
    expect(() => removeNode(station, 'a')).toThrow(/has not been told/);
  });

  it('stays owed where the administrator takes the node away, until it is there again or a person sees to it', async () => {
    const { station, studyInstanceUid, takeBack } = await signedWithNodes(['a']);
    await send(station, studyInstanceUid, 'a');
    await sendDue(station, testJob());
    takeBack();
    await replaceOwed(station);
    const { db } = station.store;
    replaceNodes(db, [dimseNode(104, { name: 'other' })], '2026-01-01T00:00:00.000Z');
    expect(sendQueue(station)).toEqual([]);
    expect(owedReplacements(station)).toMatchObject([{ studyInstanceUid, node: 'a' }]);
    replaceNodes(db, [dimseNode(104, { name: 'a' })], '2026-01-01T00:00:00.000Z');
    await replaceOwed(station);
    expect(queued(station, 'a')).toEqual([...REPLACED, 'Rejection note 2']);

    takeBack(1);
    forgetOwed(station, { studyInstanceUid, node: 'a' });
    expect(owedReplacements(station)).toEqual([]);
    expect(listAudit(db).at(-1)).toMatchObject({ action: 'network.forget-owed', subject: studyInstanceUid });
  });

  it('is made up for when the process is killed right after the signature', { timeout: 120_000 }, async () => {
    const { station, studyInstanceUid, findings } = await signedWithNodes();
    await send(station, studyInstanceUid, 'a');
    await sendDue(station, testJob());
    const { root } = station.store.folder;
    station.store.db.close();
    const request = { studyInstanceUid, text: 'Artefact.', withdrawn: [findings[0]?.id], reason: 'quality' };
    const killed = spawnSync(process.execPath, ['--input-type=module', '-e', addendumThatDies(root, request)]);
    expect(killed.signal, String(killed.stderr)).toBe('SIGKILL');

    const after = { ...station, store: openStore(root) };
    onTestFinished(() => after.store.db.close());
    expect(owedReplacements(after)).toMatchObject([{ studyInstanceUid, node: 'a', formats: ['seg', 'sr'] }]);
    const jobs = new Jobs({ onChange: () => {} });
    const network = new NetworkLife(after, jobs, () => {});
    await network.start();
    const sent = ['Structured report 1', 'Segmentation 1', ...REPLACED, 'Rejection note 2'];
    await vi.waitFor(() => expect(queued(after, 'a', ['sent'])).toEqual(sent), { timeout: 60_000 });
    await network.close();
    await jobs.close();
    expect(verifyAudit(after.store.db, after.store.folder)).toMatchObject({ ok: true });
  });
});

/** A program that signs an addendum and is killed before it does anything else. */
function addendumThatDies(root: string, request: object): string {
  const from = (path: string) => JSON.stringify(join(import.meta.dirname, '..', path));
  return `
    import { registerHooks } from 'node:module';
    // The report's fonts, which only a bundle holds.
    const load = (url, context, next) =>
      url.includes('.woff2') ? { format: 'module', source: 'export default ""', shortCircuit: true } : next(url, context);
    registerHooks({ load });
    const { addAddendum } = await import(${from('services/reports.ts')});
    const { openStore } = await import(${from('store/store.ts')});
    const station = { store: openStore(${JSON.stringify(root)}), user: 'x', now: () => new Date() };
    addAddendum(station, ${JSON.stringify(request)});
    process.kill(process.pid, 'SIGKILL');
  `;
}

describe('results for a node', () => {
  it('are queued once, and again after a person took them out of the queue', async () => {
    const { station, studyInstanceUid } = await signedWithNodes();
    const entries = await send(station, studyInstanceUid, 'a');
    expect(entries).toHaveLength(2);
    expect(await send(station, studyInstanceUid, 'a')).toEqual([]);
    for (const { id } of entries) takeFromQueue(station, id);
    expect(await send(station, studyInstanceUid, 'a')).toHaveLength(2);
    await sendDue(station, testJob());
    expect(await send(station, studyInstanceUid, 'a')).toEqual([]);
    await expect(send(station, studyInstanceUid, 'absent')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('that were given up are tried again when they are asked for again', async () => {
    const { station, studyInstanceUid, answers } = await signedWithNodes();
    answers('peer-refused');
    await send(station, studyInstanceUid, 'a');
    await sendDue(station, testJob());
    expect(queued(station, 'a', ['failed'])).toHaveLength(2);
    expect(await send(station, studyInstanceUid, 'a')).toEqual([]);
    expect(queued(station, 'a', ['waiting'])).toHaveLength(2);
  });
});
