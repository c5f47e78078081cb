/** DIMSE against Orthanc and dcmtk on loopback. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  cuttingProxy,
  dimseNode,
  freePort,
  isInstalled,
  makeCertificates,
  orthancIsInstalled,
  receiverOn,
  runTool,
  startOrthanc,
  startTool,
} from '../../tests/support/peers.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { readFileStart } from '../imaging/part10.ts';
import { runInProcess } from '../process/in-process.ts';
import { networkHandlers } from './handlers.ts';
import { WHOLE } from './receiver.ts';
import type { ReceiverEvent, SendResult } from './tasks.ts';

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
/** JPEG 2000, lossless. */
const COMPRESSED_FILE = '../shared/data/dicom/pydicom/MR_small_jp2klossless.dcm';
const needsData = { skip: !existsSync(COMPRESSED_FILE) };

/** Data sets of a folder's files, hashed, by SOP Instance UID: what stands before them is each sender's own. */
async function datasets(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.dcm'),
  )) {
    const { datasetOffset, sopInstanceUid } = await readFileStart(join(folder, name));
    const bytes = readFileSync(join(folder, name)).subarray(datasetOffset);
    hashes[sopInstanceUid] = createHash('sha256').update(bytes).digest('hex');
  }
  return hashes;
}

describe.skipIf(!orthancIsInstalled)('Orthanc by DIMSE', () => {
  it('answers, takes a study, finds it, and gives it back byte for byte', async () => {
    const orthanc = await startOrthanc();
    const node = dimseNode(orthanc.dicomPort);
    expect((await network.run('echo', { node })).ms).toBeGreaterThanOrEqual(0);

    const { folder, paths, studyInstanceUid, patientId } = writePhantomStudy(freshFolder(), { number: 1, slices: 3 });
    const results: SendResult[] = [];
    const files = paths.map((path, index) => ({ id: String(index), path }));
    await network.run('send', { node, files }, { onProgress: (result) => results.push(result) });
    expect(results).toEqual(files.map(({ id }) => ({ id, fault: null })));

    const { studies, truncated } = await network.run('find', {
      node,
      query: { ...everything, patientId, studyDate: '20260101-20260131', modality: 'CT' },
      limit: 10,
    });
    expect(truncated).toBe(false);
    expect(studies).toEqual([
      {
        studyInstanceUid,
        patientName: 'FICTIONAL^NORMAL 1',
        patientId,
        patientBirthDate: '19000101',
        patientSex: 'O',
        studyDate: '20260101',
        studyTime: '120000',
        studyDescription: 'Fictional phantom 1',
        accessionNumber: patientId,
        modalities: ['CT'],
        seriesCount: 1,
        instanceCount: 3,
      },
    ]);

    for (const retrieve of ['get', 'move'] as const) {
      const into = join(freshFolder(), 'study');
      const output = await network.run('retrieve', {
        node: { ...node, retrieve },
        studyInstanceUid,
        folder: into,
        receiver: receiverOn(orthanc.movesTo),
      });
      expect(output).toEqual({ instances: 3 });
      expect(await datasets(into)).toEqual(await datasets(folder));
    }
  });

  it('gives compressed objects as they are stored', needsData, async () => {
    const orthanc = await startOrthanc();
    const node = dimseNode(orthanc.dicomPort);
    const path = COMPRESSED_FILE;
    await network.run('send', { node, files: [{ id: '0', path }] });
    const { studies } = await network.run('find', { node, query: everything, limit: 10 });
    const into = join(freshFolder(), 'study');
    const studyInstanceUid = studies[0]?.studyInstanceUid ?? '';
    await network.run('retrieve', { node, studyInstanceUid, folder: into, receiver });
    const [name = ''] = readdirSync(into);
    expect((await readFileStart(join(into, name))).transferSyntax).toBe('1.2.840.10008.1.2.4.90');
  });

  it('takes a study over TLS and gives it back by C-GET and C-MOVE, but trusts no stranger', async () => {
    const certificates = makeCertificates();
    const { ca, cert, key } = certificates;
    const own = { tls: true, caFile: ca, certFile: cert, keyFile: key };
    const movesTo = await freePort();
    const orthanc = await startOrthanc({
      DicomTlsEnabled: true,
      DicomTlsCertificate: cert,
      DicomTlsPrivateKey: key,
      DicomTlsTrustedCertificates: ca,
      DicomModalities: { mediclip: { AET: 'MEDICLIP', Host: '127.0.0.1', Port: movesTo, UseDicomTls: true } },
    });
    const node = dimseNode(orthanc.dicomPort, own);
    await network.run('echo', { node });
    const { folder, paths, studyInstanceUid, patientId } = writePhantomStudy(freshFolder(), { number: 7, slices: 2 });
    await network.run('send', { node, files: paths.map((path, index) => ({ id: String(index), path })) });
    const { studies } = await network.run('find', { node, query: { ...everything, patientId }, limit: 10 });
    expect(studies).toMatchObject([{ studyInstanceUid, instanceCount: 2 }]);
    for (const retrieve of ['get', 'move'] as const) {
      const into = join(freshFolder(), 'study');
      const input = { node: { ...node, retrieve }, studyInstanceUid, folder: into };
      await network.run('retrieve', { ...input, receiver: receiverOn(movesTo, own) });
      expect(await datasets(into)).toEqual(await datasets(folder));
    }

    const stranger = makeCertificates();
    const echo = (change: Parameters<typeof dimseNode>[1]) => network.run('echo', { node: { ...node, ...change } });
    await expect(echo({ caFile: stranger.ca })).rejects.toMatchObject({
      code: 'peer-refused',
      message: expect.stringMatching(/certificate that is not trusted/),
    });
    await expect(echo({ certFile: stranger.cert, keyFile: stranger.key })).rejects.toMatchObject({
      code: 'peer-refused',
      message: expect.stringMatching(/wants a certificate of this workstation that it trusts/),
    });
    await expect(echo({ tls: false })).rejects.toMatchObject({ code: 'peer-unreachable' });
  });

  it('leaves a fault and no whole folder where the line is cut', async () => {
    const orthanc = await startOrthanc();
    const { paths, studyInstanceUid } = writePhantomStudy(freshFolder(), { number: 2, slices: 4 });
    const files = paths.map((path, index) => ({ id: String(index), path }));
    await network.run('send', { node: dimseNode(orthanc.dicomPort), files });
    const node = dimseNode(await cuttingProxy(orthanc.dicomPort, 40_000));
    const input = { node, studyInstanceUid, folder: join(freshFolder(), 'study'), receiver };
    await expect(network.run('retrieve', input)).rejects.toMatchObject({ code: 'peer-unreachable' });
  });

  it('tells why there is nothing', async () => {
    const orthanc = await startOrthanc();
    const folder = join(freshFolder(), 'study');
    const input = { node: dimseNode(orthanc.dicomPort), studyInstanceUid: '1.2.3.4', folder, receiver };
    await expect(network.run('retrieve', input)).rejects.toMatchObject({ code: 'not-found' });
    const nobody = dimseNode(await freePort());
    await expect(network.run('echo', { node: nobody })).rejects.toMatchObject({
      code: 'peer-unreachable',
      message: expect.stringContaining('does not answer'),
    });
  });
});

/** A receiver for callers named SCANNER, and what it tells. */
async function startReceiver(change: Parameters<typeof receiverOn>[1] = {}) {
  const events: ReceiverEvent[] = [];
  const abort = new AbortController();
  const inbox = freshFolder();
  const callers = [dimseNode(1, { aeTitle: 'SCANNER' })];
  const ended = network.run(
    'receive',
    { settings: receiverOn(await freePort(), change), callers, inbox },
    { signal: abort.signal, onProgress: (event) => events.push(event) },
  );
  onTestFinished(async () => {
    abort.abort();
    await ended;
  });
  await expect.poll(() => events.length).toBe(1);
  const port = events[0]?.kind === 'listening' ? events[0].port : 0;
  return { events, inbox, port };
}

describe.skipIf(!isInstalled('storescu'))('the receiver', () => {
  const to = (port: number, ...more: string[]) => [
    ...more,
    '-aet',
    'SCANNER',
    '-aec',
    'MEDICLIP',
    '127.0.0.1',
    `${port}`,
  ];

  it('answers C-ECHO and takes a pushed study byte for byte', async () => {
    const { events, port, inbox } = await startReceiver();
    await runTool('echoscu', to(port));
    const { folder } = writePhantomStudy(freshFolder(), { number: 3, slices: 3 });
    await runTool('storescu', [...to(port, '+sd'), folder]);
    await expect.poll(() => events.at(-1)).toMatchObject({ kind: 'received', caller: 'SCANNER', instances: 3 });
    const [whole = ''] = readdirSync(inbox);
    expect(whole).toMatch(WHOLE);
    expect(await datasets(join(inbox, whole))).toEqual(await datasets(folder));
  });

  it('lets nobody in who is not configured, or who calls another', async () => {
    const { events, port } = await startReceiver();
    await expect(runTool('echoscu', ['-aet', 'STRANGER', '-aec', 'MEDICLIP', '127.0.0.1', `${port}`])).rejects.toThrow(
      /Calling AE Title Not Recognized/,
    );
    await expect(runTool('echoscu', ['-aet', 'SCANNER', '-aec', 'OTHER', '127.0.0.1', `${port}`])).rejects.toThrow(
      /Called AE Title Not Recognized/,
    );
    expect(events.slice(1)).toMatchObject([
      { kind: 'refused', caller: 'STRANGER' },
      { kind: 'refused', caller: 'SCANNER' },
    ]);
  });

  it('keeps nothing of an association that is aborted', async () => {
    const { events, port, inbox } = await startReceiver();
    const { folder } = writePhantomStudy(freshFolder(), { number: 4, slices: 3 });
    await runTool('storescu', [...to(port, '+sd', '--abort'), folder]);
    await expect.poll(() => events.at(-1)).toMatchObject({ kind: 'cut', caller: 'SCANNER', instances: 3 });
    expect(readdirSync(inbox)).toEqual([]);
  });

  it('hangs up on a PDU that is longer than any should be, and goes on', async () => {
    const { port } = await startReceiver();
    const { connect } = await import('node:net');
    const socket = connect({ port, host: '127.0.0.1' });
    socket.write(Buffer.from([1, 0, 0xff, 0xff, 0xff, 0xff, 0, 1]));
    await new Promise((resolve) => socket.once('close', resolve));
    await runTool('echoscu', to(port));
  });

  it('takes pushes over TLS', async () => {
    const { ca, cert, key } = makeCertificates();
    const { events, port } = await startReceiver({ tls: true, caFile: ca, certFile: cert, keyFile: key });
    const { folder } = writePhantomStudy(freshFolder(), { number: 5 });
    await runTool('storescu', [...to(port, '+sd', '+tls', key, cert, '+cf', ca), folder]);
    await expect.poll(() => events.at(-1)).toMatchObject({ kind: 'received', instances: 1 });
    const stranger = makeCertificates();
    await expect(runTool('echoscu', to(port, '+tls', stranger.key, stranger.cert, '+cf', ca))).rejects.toThrow();
    await expect(runTool('storescu', [...to(port, '+sd'), folder])).rejects.toThrow();
    await runTool('echoscu', to(port, '+tls', key, cert, '+cf', ca));
  });
});

describe.skipIf(!isInstalled('storescp'))('storescp', () => {
  it('takes an object in the form it wants, and what it refuses is told one by one', needsData, async () => {
    const into = freshFolder();
    const port = await freePort();
    // Implicit VR little endian only: the file, in explicit VR, has to be written anew.
    await startTool('storescp', ['+xi', '-aet', 'STORE', '-od', into, `${port}`], port);
    const node = dimseNode(port, { aeTitle: 'STORE' });
    const { paths } = writePhantomStudy(freshFolder(), { number: 6 });
    const results: SendResult[] = [];
    const files = [COMPRESSED_FILE, ...paths].map((path, index) => ({ id: String(index), path }));
    await network.run('send', { node, files }, { onProgress: (result) => results.push(result) });
    expect(results).toMatchObject([
      { id: '0', fault: { code: 'peer-refused', message: expect.stringContaining('1.2.840.10008.1.2.4.90') } },
      { id: '1', fault: null },
    ]);
    const pixels = await runTool('dcmdump', ['+P', '0010,0010', join(into, readdirSync(into)[0] ?? '')]);
    expect(pixels).toContain('FICTIONAL^NORMAL 6');
  });

  it('takes a study over TLS', async () => {
    const { ca, cert, key } = makeCertificates();
    const into = freshFolder();
    const port = await freePort();
    await startTool('storescp', ['+tls', key, cert, '+cf', ca, '-aet', 'STORE', '-od', into, `${port}`], port);
    const node = dimseNode(port, { aeTitle: 'STORE', tls: true, caFile: ca, certFile: cert, keyFile: key });
    await network.run('echo', { node });
    const { paths } = writePhantomStudy(freshFolder(), { number: 8, slices: 2 });
    await network.run('send', { node, files: paths.map((path, index) => ({ id: String(index), path })) });
    expect(readdirSync(into)).toHaveLength(2);
  });
});
