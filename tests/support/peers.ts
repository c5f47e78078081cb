/** Real peers on loopback: Orthanc with its DICOMweb plugin and dcmtk's tools, both from Debian. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import type { DicomwebNode, DimseNode, ReceiverSettings } from '../../preload/contract/pacs.ts';
import { freshFolder } from './store.ts';

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
export const isInstalled = (tool: string) => folders.some((folder) => existsSync(join(folder, tool)));
const DICOMWEB_PLUGIN = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
export const orthancIsInstalled = isInstalled('Orthanc') && existsSync(DICOMWEB_PLUGIN);

/** A port that nobody listened on a moment ago, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

export function dimseNode(port: number, change: Partial<DimseNode> = {}): DimseNode {
  return {
    kind: 'dimse',
    name: 'pacs',
    host: '127.0.0.1',
    port,
    aeTitle: 'ORTHANC',
    callingAeTitle: 'MEDICLIP',
    retrieve: 'get',
    tls: false,
    caFile: '',
    certFile: '',
    keyFile: '',
    ...change,
  };
}

export function dicomwebNode(url: string, change: Partial<DicomwebNode> = {}): DicomwebNode {
  return { kind: 'dicomweb', name: 'web', url, auth: '', caFile: '', certFile: '', keyFile: '', ...change };
}

export function receiverOn(port: number, change: Partial<ReceiverSettings> = {}): ReceiverSettings {
  const none = { caFile: '', certFile: '', keyFile: '' };
  return { enabled: true, aeTitle: 'MEDICLIP', host: '127.0.0.1', port, tls: false, ...none, ...change };
}

export interface Orthanc {
  readonly dicomPort: number;
  readonly httpPort: number;
  readonly dicomweb: string;
  /** Where it sends what MEDICLIP asks it to move. */
  readonly movesTo: number;
  stop(): Promise<void>;
}

/** An empty archive that is gone when the test ends. */
export async function startOrthanc(settings: Readonly<Record<string, unknown>> = {}): Promise<Orthanc> {
  const folder = freshFolder();
  const [dicomPort, httpPort, movesTo] = [await freePort(), await freePort(), await freePort()];
  const file = join(folder, 'orthanc.json');
  const storage = join(folder, 'storage');
  mkdirSync(storage);
  writeFileSync(
    file,
    JSON.stringify({
      Name: 'test',
      StorageDirectory: storage,
      IndexDirectory: storage,
      HttpPort: httpPort,
      DicomPort: dicomPort,
      DicomAet: 'ORTHANC',
      RemoteAccessAllowed: false,
      AuthenticationEnabled: false,
      DicomAlwaysAllowGet: true,
      DicomAlwaysAllowFind: true,
      DicomAlwaysAllowMove: true,
      DicomModalities: { mediclip: ['MEDICLIP', '127.0.0.1', movesTo] },
      Plugins: [DICOMWEB_PLUGIN],
      DicomWeb: { Enable: true, Root: '/dicom-web/' },
      ...settings,
    }),
  );
  const child = spawn('/usr/sbin/Orthanc', [file], { stdio: 'ignore' });
  onTestFinished(() => stop(child));
  await untilOpen(Number(settings.DicomPort ?? dicomPort));
  await untilOpen(httpPort);
  const dicomweb = `http://127.0.0.1:${httpPort}/dicom-web`;
  return { dicomPort, httpPort, dicomweb, movesTo, stop: () => stop(child) };
}

/** A dcmtk tool that serves until the test ends. */
export async function startTool(tool: string, args: readonly string[], port: number): Promise<ChildProcess> {
  const child = spawn(tool, [...args], { stdio: 'ignore' });
  onTestFinished(() => stop(child));
  await untilOpen(port);
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function untilOpen(port: number): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' }, () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await sleep(100);
  }
  throw new Error(`Nothing listens on port ${port}.`);
}

/** Runs a tool to its end; rejects where it fails, with what it said. */
export async function runTool(tool: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(tool, [...args]);
  return stdout + stderr;
}

export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * A certificate authority of this test and a certificate of it for 127.0.0.1.
 * @param change whom the certificate names, and for how many days; -1 is over
 */
export function makeCertificates({ names = 'IP:127.0.0.1,DNS:localhost', days = 2 } = {}): Certificates {
  const folder = freshFolder();
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => {
    const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  };
  openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=Test CA'],
    ...['-keyout', 'ca.key', '-out', 'ca.pem'],
  );
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1', '-keyout', 'peer.key', '-out', 'peer.csr');
  writeFileSync(at('names.cnf'), `subjectAltName=${names}\n`);
  openssl(
    ...['x509', '-req', '-in', 'peer.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', `${days}`],
    ...['-extfile', 'names.cnf', '-out', 'peer.pem'],
  );
  return { ca: at('ca.pem'), cert: at('peer.pem'), key: at('peer.key') };
}

/**
 * A line to `port` that is cut once `bytes` have come from there, the first so many times. Returns its own port. No byte
 * beyond them comes through, however large the pieces are in which they arrive.
 */
export async function cuttingProxy(port: number, bytes: number, cuts = Number.POSITIVE_INFINITY): Promise<number> {
  let left = cuts;
  return await listening(
    createServer((near) => {
      const far = connect({ port, host: '127.0.0.1' });
      let passing = left-- > 0 ? bytes : Number.POSITIVE_INFINITY;
      near.on('error', () => far.destroy()).on('close', () => far.destroy());
      far.on('error', () => near.destroy()).on('close', () => near.destroy());
      near.pipe(far);
      far.on('data', (piece: Buffer) => {
        near.write(piece.subarray(0, passing));
        passing -= piece.length;
        if (passing < 0) near.destroy();
      });
    }),
  );
}

/**
 * stunnel in front of a server, as hospitals put it there: the web server of Debian's Orthanc ends the whole program at its
 * first request over TLS. Returns its port.
 * @param callers the authority whose certificates callers must show, where they must
 */
export async function startStunnel(port: number, { cert, key }: Certificates, callers?: string): Promise<number> {
  const own = await freePort();
  const file = join(freshFolder(), 'stunnel.conf');
  const lines = [
    ...['foreground = yes', 'pid =', 'debug = 3', '[dicomweb]'],
    ...[`accept = 127.0.0.1:${own}`, `connect = 127.0.0.1:${port}`, `cert = ${cert}`, `key = ${key}`],
    ...(callers ? ['verifyChain = yes', `CAfile = ${callers}`] : []),
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  await startTool('stunnel', [file], own);
  return own;
}

async function listening(server: Server): Promise<number> {
  onTestFinished(() => void server.close());
  return await new Promise((resolve) =>
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    }),
  );
}
