/** DICOMweb against Orthanc's plugin on loopback. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  cuttingProxy,
  dicomwebNode,
  isInstalled,
  makeCertificates,
  orthancIsInstalled,
  receiverOn,
  startOrthanc,
  startStunnel,
} from '../../tests/support/peers.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { runInProcess } from '../process/in-process.ts';
import { networkHandlers } from './handlers.ts';
import type { SendResult } from './tasks.ts';

const network = runInProcess(networkHandlers);
const everything = {
  patientName: '',
  patientId: '',
  accessionNumber: '',
  studyDate: '',
  modality: '',
  studyInstanceUid: '',
};
const receiver = receiverOn(0);
const numbered = (paths: readonly string[]) => paths.map((path, index) => ({ id: String(index), path }));

describe.skipIf(!orthancIsInstalled)('Orthanc by DICOMweb', () => {
  it('answers, takes a study, finds it, and gives the very files back', async () => {
    const { dicomweb } = await startOrthanc();
    const node = dicomwebNode(`${dicomweb}/`);
    expect((await network.run('echo', { node })).ms).toBeGreaterThanOrEqual(0);

    const { folder, paths, studyInstanceUid, patientId } = writePhantomStudy(freshFolder(), { number: 11, slices: 3 });
    const letter = join(folder, 'letter.txt');
    writeFileSync(letter, 'Dear colleague');
    const results: SendResult[] = [];
    const files = numbered([...paths, letter]);
    await network.run('send', { node, files }, { onProgress: (result) => results.push(result) });
    expect(results.map(({ fault }) => fault?.code ?? 'taken')).toEqual(['taken', 'taken', 'taken', 'peer-refused']);

    const query = { ...everything, patientName: 'FICTIONAL*', patientId, studyDate: '20260101-', modality: 'CT' };
    const { studies, truncated } = await network.run('find', { node, query, limit: 10 });
    expect({ studies, truncated }).toMatchObject({
      studies: [{ studyInstanceUid, patientId, patientName: 'FICTIONAL^NORMAL 11', seriesCount: 1, instanceCount: 3 }],
      truncated: false,
    });

    const into = join(freshFolder(), 'study');
    const progress: number[] = [];
    await network.run(
      'retrieve',
      { node, studyInstanceUid, folder: into, receiver },
      { onProgress: ({ done, total }) => progress.push(done, total) },
    );
    expect(progress).toEqual([1, 3, 2, 3, 3, 3]);
    const bytes = (path: string) => readFileSync(path).toString('base64');
    expect(
      readdirSync(into)
        .map((name) => bytes(join(into, name)))
        .sort(),
    ).toEqual(paths.map(bytes).sort());
  });

  it('asks for credentials that lie elsewhere', async () => {
    const { dicomweb } = await startOrthanc({ AuthenticationEnabled: true, RegisteredUsers: { reader: 'secret' } });
    await expect(network.run('echo', { node: dicomwebNode(dicomweb) })).rejects.toMatchObject({ code: 'peer-refused' });
    const file = join(freshFolder(), 'credentials');
    writeFileSync(file, 'reader:secret\n');
    await network.run('echo', { node: dicomwebNode(dicomweb, { auth: `file:${file}` }) });
    process.env.MEDICLIP_TEST_CREDENTIALS = 'reader:secret';
    onTestFinished(() => void delete process.env.MEDICLIP_TEST_CREDENTIALS);
    await network.run('echo', { node: dicomwebNode(dicomweb, { auth: 'env:MEDICLIP_TEST_CREDENTIALS' }) });
    await expect(network.run('echo', { node: dicomwebNode(dicomweb, { auth: 'env:ABSENT' }) })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  describe.skipIf(!isInstalled('stunnel'))('behind TLS (needs stunnel)', () => {
    it('takes a study and gives it back, to callers that show their certificate', async () => {
      const [theirs, ours] = [makeCertificates(), makeCertificates()];
      const { httpPort } = await startOrthanc();
      const url = `https://127.0.0.1:${await startStunnel(httpPort, theirs, ours.ca)}/dicom-web`;
      const node = dicomwebNode(url, { caFile: theirs.ca, certFile: ours.cert, keyFile: ours.key });
      await network.run('echo', { node });
      const { paths, studyInstanceUid, patientId } = writePhantomStudy(freshFolder(), { number: 13, slices: 2 });
      await network.run('send', { node, files: numbered(paths) });
      const { studies } = await network.run('find', { node, query: { ...everything, patientId }, limit: 10 });
      expect(studies).toMatchObject([{ studyInstanceUid, instanceCount: 2 }]);
      const into = join(freshFolder(), 'study');
      expect(await network.run('retrieve', { node, studyInstanceUid, folder: into, receiver })).toEqual({
        instances: 2,
      });

      const unknown = {
        code: 'peer-refused',
        message: expect.stringMatching(/wants a certificate of this workstation/),
      };
      for (const shown of [{}, { certFile: theirs.cert, keyFile: theirs.key }])
        await expect(
          network.run('echo', { node: dicomwebNode(url, { caFile: theirs.ca, ...shown }) }),
        ).rejects.toMatchObject(unknown);
      await expect(network.run('echo', { node: { ...node, keyFile: theirs.key } })).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringMatching(/belong together/),
      });
    });

    it.each([
      ['of an authority that nobody named', {}, false, /not trusted.*certificate authority/],
      ['that has expired', { days: -1 }, true, /not valid today.*renew/],
      ['of another host', { names: 'DNS:archive.example' }, true, /certificate of another host/],
    ])('is not trusted with a certificate %s', async (_, change, named, says) => {
      const certificates = makeCertificates(change);
      const { httpPort } = await startOrthanc();
      const url = `https://127.0.0.1:${await startStunnel(httpPort, certificates)}/dicom-web`;
      const node = dicomwebNode(url, named ? { caFile: certificates.ca } : {});
      await expect(network.run('echo', { node })).rejects.toMatchObject({
        code: 'peer-refused',
        message: expect.stringMatching(says),
      });
    });
  });

  it('leaves a fault where the line is cut, where nobody answers, and where there is no such study', async () => {
    const { dicomweb, httpPort, stop } = await startOrthanc();
    const { paths, studyInstanceUid } = writePhantomStudy(freshFolder(), { number: 12, slices: 4 });
    await network.run('send', { node: dicomwebNode(dicomweb), files: numbered(paths) });
    const cut = dicomwebNode(dicomweb.replace(String(httpPort), String(await cuttingProxy(httpPort, 40_000))));
    const input = { studyInstanceUid, folder: join(freshFolder(), 'study'), receiver };
    await expect(network.run('retrieve', { ...input, node: cut })).rejects.toMatchObject({ code: 'peer-unreachable' });

    const node = dicomwebNode(dicomweb);
    const elsewhere = { ...input, node, studyInstanceUid: '1.2.3.4', folder: freshFolder() };
    await expect(network.run('retrieve', elsewhere)).rejects.toMatchObject({ code: 'not-found' });
    await expect(network.run('echo', { node: { ...node, url: `${dicomweb}/../app` } })).rejects.toMatchObject({
      code: expect.stringMatching(/not-found|peer-refused/),
    });
    await expect(
      network.run('echo', { node: { ...node, url: dicomweb.replace('http:', 'https:') } }),
    ).rejects.toMatchObject({ code: 'peer-refused', message: expect.stringMatching(/does not speak TLS/) });
    await stop();
    await expect(network.run('echo', { node })).rejects.toMatchObject({ code: 'peer-unreachable' });
  });
});
