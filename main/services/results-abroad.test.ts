/** Our objects with an outside archive, which gives back what it was sent and hears of what is taken back. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { dicomwebNode, dimseNode, orthancIsInstalled, startOrthanc } from '../../tests/support/peers.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { networkHandlers } from '../network/handlers.ts';
import { runInProcess } from '../process/in-process.ts';
import { run } from '../runtime/command.ts';
import { isOnPath } from '../runtime/debian.ts';
import { saveNode } from '../store/network.ts';
import { openStore } from '../store/store.ts';
import { type ExportedFile, exportResults } from './exports.ts';
import { addAddendum } from './reports.ts';
import { replaceOwed, sendResults } from './result-sending.ts';
import { sendDue, sendQueue } from './send-queue.ts';

const station = () => testWorkstation(brightnessEngine, { print: async () => Buffer.from('%PDF-1.7 of a test') });
const FORMATS = ['sr', 'seg', 'pmap', 'sc', 'epdf'] as const;

/** All objects of a signed study of two slices, with the note that takes the first version back. */
async function everyObject() {
  const from = station();
  const { paths } = writePhantomStudy(freshFolder(), { number: 1, slices: 2 });
  const { studyInstanceUid, findings } = await signedStudy(from, paths);
  const folder = freshFolder();
  const export_ = () => exportResults(from, studyInstanceUid, folder, FORMATS, testJob());
  const first = await export_();
  const withdrawn = [findings[0]?.id ?? ''];
  addAddendum(from, { studyInstanceUid, text: 'Artefact.', withdrawn, reason: 'quality' });
  return { files: [...first, ...(await export_())], studyInstanceUid };
}

describe.runIf(orthancIsInstalled && isOnPath('dcmconv'))('Orthanc', () => {
  it.each(['C-STORE', 'STOW'])('takes all by %s and gives them back equal', async (way) => {
    const { dicomPort, httpPort, dicomweb } = await startOrthanc();
    const { files } = await everyObject();
    const unique = [...new Map(files.map((file) => [file.sopInstanceUid, file])).values()];
    const node = way === 'STOW' ? dicomwebNode(`${dicomweb}/`) : dimseNode(dicomPort);
    const network = runInProcess(networkHandlers);
    await network.run('send', { node, files: unique.map(({ path }, index) => ({ id: String(index), path })) });
    for (const file of unique) expect(await given(httpPort, file)).toBe(await contentOf(file.path));
  });
});

describe.runIf(orthancIsInstalled)('a retraction', () => {
  it('reaches the archive that has the results, though the application restarts in between', async () => {
    const { dicomPort, httpPort } = await startOrthanc();
    const first = station();
    saveNode(first.store.db, dimseNode(dicomPort));
    const { paths } = writePhantomStudy(freshFolder(), { number: 1, slices: 2 });
    const { studyInstanceUid, findings } = await signedStudy(first, paths);
    const sent = await sendResults(first, studyInstanceUid, 'pacs', ['sr', 'seg']);
    expect((await sendDue(first, testJob())).map(({ fault }) => fault)).toEqual([null, null]);

    const withdrawn = [findings[0]?.id ?? ''];
    addAddendum(first, { studyInstanceUid, text: 'Not the lesion.', withdrawn, reason: 'safety' });
    first.store.db.close();
    const second = { ...first, store: openStore(first.store.folder.root) };
    onTestFinished(() => second.store.db.close());
    expect(await replaceOwed(second)).toMatchObject([{ node: 'pacs', owedBecause: '' }]);
    const waiting = sendQueue(second).filter(({ state }) => state === 'waiting');
    expect(waiting.map(({ label }) => label)).toEqual(['Rejection note', 'Segmentation', 'Structured report']);
    await sendDue(second, testJob());
    expect(new Set(sendQueue(second).map(({ state }) => state))).toEqual(new Set(['sent']));

    const archived = await archivedDocuments(httpPort, studyInstanceUid);
    const uids = new Map(sent.map(({ label, sopInstanceUid }) => [label, sopInstanceUid]));
    const [oldReport, oldRegions] = [uids.get('Structured report'), uids.get('Segmentation')];
    const newReport = archived.find(({ uid, modality }) => modality === 'SR' && uid !== oldReport);
    expect(newReport?.predecessors).toEqual([oldReport]);
    const note = archived.find(({ modality }) => modality === 'KO');
    expect(note).toMatchObject({ title: ['113037', 'Rejected for Patient Safety Reasons'] });
    expect(new Set(note?.evidence)).toEqual(new Set([oldReport, oldRegions]));
    expect(archived.map(({ modality }) => modality).sort()).toEqual(['KO', 'SEG', 'SEG', 'SR', 'SR']);
  });
});

/** What an archive has of a study's results, as it reads them itself. */
async function archivedDocuments(httpPort: number, studyInstanceUid: string) {
  const host = `http://127.0.0.1:${httpPort}`;
  const query = JSON.stringify({ Level: 'Instance', Query: { StudyInstanceUID: studyInstanceUid } });
  const ids = (await (await fetch(`${host}/tools/find`, { method: 'POST', body: query })).json()) as string[];
  return await Promise.all(
    ids.map(async (id) => {
      const tags = (await (await fetch(`${host}/instances/${id}/simplified-tags`)).json()) as ArchivedTags;
      const [title] = tags.ConceptNameCodeSequence ?? [];
      return {
        uid: tags.SOPInstanceUID,
        modality: tags.Modality,
        title: [title?.CodeValue, title?.CodeMeaning],
        predecessors: referencedUids(tags.PredecessorDocumentsSequence),
        evidence: referencedUids(tags.CurrentRequestedProcedureEvidenceSequence),
      };
    }),
  );
}

interface ReferencedStudy {
  readonly ReferencedSeriesSequence: readonly {
    readonly ReferencedSOPSequence: readonly { readonly ReferencedSOPInstanceUID: string }[];
  }[];
}
interface ArchivedTags {
  readonly SOPInstanceUID: string;
  readonly Modality: string;
  readonly ConceptNameCodeSequence?: readonly { readonly CodeValue: string; readonly CodeMeaning: string }[];
  readonly PredecessorDocumentsSequence?: readonly ReferencedStudy[];
  readonly CurrentRequestedProcedureEvidenceSequence?: readonly ReferencedStudy[];
}

const referencedUids = (studies: readonly ReferencedStudy[] = []) =>
  studies.flatMap(({ ReferencedSeriesSequence }) =>
    ReferencedSeriesSequence.flatMap(({ ReferencedSOPSequence }) =>
      ReferencedSOPSequence.map(({ ReferencedSOPInstanceUID }) => ReferencedSOPInstanceUID),
    ),
  );

/** What an archive has of an object. */
async function given(httpPort: number, { sopInstanceUid }: ExportedFile): Promise<string> {
  const host = `http://127.0.0.1:${httpPort}`;
  const lookup = await fetch(`${host}/tools/lookup`, { method: 'POST', body: sopInstanceUid ?? '' });
  const [found] = (await lookup.json()) as { ID: string }[];
  const file = await fetch(`${host}/instances/${found?.ID}/file`);
  const path = join(freshFolder(), 'given.dcm');
  writeFileSync(path, Buffer.from(await file.arrayBuffer()));
  expect(readFileSync(path).length).toBeGreaterThan(1000);
  return await contentOf(path);
}

/**
 * A data set without file meta information and with explicit lengths: the meta information is written anew by every hand
 * that passes a file on, and how lengths are written says nothing.
 */
async function contentOf(path: string): Promise<string> {
  const plain = join(freshFolder(), 'plain.dcm');
  await run('dcmconv', ['--write-dataset', '--length-explicit', path, plain]);
  return createHash('sha256').update(readFileSync(plain)).digest('hex');
}
