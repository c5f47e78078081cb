/** Our objects with outside programs: readers, and an archive that gives back what it was sent. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { hasPydicom } from '../../tests/support/dicom-tools.ts';
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
import { type ExportedFile, exportResults } from './exports.ts';
import { addAddendum } from './reports.ts';
import { replaceSentResults, sendResults } from './result-sending.ts';

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

describe('results for outside readers', () => {
  it('are read by dcmdump, dsrdump, gdcminfo and pydicom', async () => {
    const { files } = await everyObject();
    const paths = files.map(({ path }) => path);
    const documents = files.filter(({ format }) => format === 'sr' || format === 'kos');
    if (isOnPath('dsrdump'))
      for (const { path } of documents) {
        const { code, output } = await run('dsrdump', [path]);
        expect(code, output).toBe(0);
        expect(output).not.toMatch(/^[EF]: /m);
      }
    if (isOnPath('dcmdump')) expect((await run('dcmdump', ['--quiet', ...paths])).code).toBe(0);
    if (isOnPath('gdcminfo'))
      for (const { path } of files.filter(({ format }) => ['seg', 'sc'].includes(format)))
        expect(await run('gdcminfo', [path])).toMatchObject({ code: 0, output: expect.stringContaining('Dimensions') });
    if (hasPydicom) {
      const script = 'import sys, pydicom\nfor p in sys.argv[1:]: print(pydicom.dcmread(p).SOPInstanceUID)';
      const { output } = await run('/usr/bin/python3', ['-W', 'ignore', '-c', script, ...paths]);
      expect(output.trim().split('\n')).toEqual(files.map(({ sopInstanceUid }) => sopInstanceUid));
    }
  });
});

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

it('a node gets what it has not, and after an addendum the new versions with the note', async () => {
  const from = station();
  saveNode(from.store.db, dimseNode(104));
  const { paths } = writePhantomStudy(freshFolder(), { number: 1, slices: 2 });
  const { studyInstanceUid, findings } = await signedStudy(from, paths);
  const queued = () => from.store.db.all<{ uid: string }>('SELECT sop_instance_uid AS uid FROM send_queue').length;
  expect(await sendResults(from, studyInstanceUid, 'pacs', ['sr', 'seg'])).toBe(2);
  expect(await sendResults(from, studyInstanceUid, 'pacs', ['sr', 'seg'])).toBe(0);
  expect(queued()).toBe(2);
  const withdrawn = [findings[0]?.id ?? ''];
  addAddendum(from, { studyInstanceUid, text: 'Artefact.', withdrawn, reason: 'safety' });
  expect(await replaceSentResults(from, studyInstanceUid)).toEqual(['pacs']);
  // The new report, the new segmentation, the note.
  expect(queued()).toBe(5);
  await expect(sendResults(from, studyInstanceUid, 'absent', ['sr'])).rejects.toMatchObject({ code: 'not-found' });
});
