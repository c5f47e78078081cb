/** `cli export`: a signed study's results to a folder, a medium and nodes of the network. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { dicomwebNode, dimseNode, orthancIsInstalled, startOrthanc } from '../../tests/support/peers.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { noSystemKeys, testWorkstation } from '../../tests/support/workstation.ts';
import { saveNode } from '../store/network.ts';
import { runCommandLine } from './command-line.ts';

/** A data folder with a signed study, and a command line on it. */
async function signedStudyWithCommandLine() {
  const station = testWorkstation(brightnessEngine, { print: async () => Buffer.from('%PDF-1.7 of a test') });
  const { paths } = writePhantomStudy(freshFolder(), { number: 1, slices: 2 });
  const { studyInstanceUid } = await signedStudy(station, paths);
  const { store: _, ...tools } = station;
  const run = async (...args: string[]) => {
    const [output, log]: string[][] = [[], []];
    const code = await runCommandLine(['export', '--study', studyInstanceUid, ...args], {
      print: (line) => output?.push(line),
      log: (line) => log?.push(line),
      signal: new AbortController().signal,
      dataFolder: station.store.folder.root,
      versions: { electron: '', chromium: '', node: '' },
      toolsOn: () => tools,
      systemKeys: async () => noSystemKeys,
    });
    return { code, result: output?.[0] === undefined ? null : JSON.parse(output[0]), said: log?.join('\n') };
  };
  return { station, run, studyInstanceUid };
}

describe('export', () => {
  it('writes all results into a folder, and objects with the images and a DICOMDIR onto a medium', async () => {
    const { run } = await signedStudyWithCommandLine();
    const [folder, medium] = [freshFolder(), join(freshFolder(), 'cd')];
    const { code, result } = await run('--to', folder);
    expect(code).toBe(0);
    expect(result.files.map(({ path }: { path: string }) => path.slice(folder.length + 1)).sort()).toEqual(
      readdirSync(folder).sort(),
    );
    expect((await run('--to', medium, '--layout', 'media', '--formats', 'sr,seg')).code).toBe(0);
    expect(existsSync(join(medium, 'DICOMDIR'))).toBe(true);
    expect(readdirSync(join(medium, 'DICOM'))).toHaveLength(4);
  });

  it.runIf(orthancIsInstalled)('sends objects to nodes by C-STORE and by STOW, each once', async () => {
    const { dicomPort, dicomweb, httpPort } = await startOrthanc();
    const { station, run } = await signedStudyWithCommandLine();
    saveNode(station.store.db, dimseNode(dicomPort, { name: 'store' }));
    saveNode(station.store.db, dicomwebNode(dicomweb, { name: 'stow' }));
    const held = async () => {
      const all = await fetch(`http://127.0.0.1:${httpPort}/tools/find`, {
        method: 'POST',
        body: JSON.stringify({ Level: 'Instance', Expand: true, Query: {} }),
      });
      const instances = (await all.json()) as { MainDicomTags: { SOPInstanceUID: string } }[];
      return instances.map(({ MainDicomTags }) => MainDicomTags.SOPInstanceUID).sort();
    };
    const uidsOf = ({ objects }: { objects: { sopInstanceUid: string; sent: boolean }[] }) =>
      objects.map(({ sopInstanceUid, sent }) => (sent ? sopInstanceUid : 'not sent'));
    const stored = await run('--node', 'store', '--formats', 'sr,seg');
    expect(stored.code).toBe(0);
    expect(await held()).toEqual(uidsOf(stored.result).sort());
    const stowed = await run('--node', 'stow');
    expect(stowed.code).toBe(0);
    expect(await held()).toEqual(uidsOf(stowed.result).sort());
    expect((await run('--node', 'store', '--formats', 'sr,seg')).result.objects).toEqual([]);
  });

  it('says what a node does not take, and keeps what could not be sent', async () => {
    const { station, run } = await signedStudyWithCommandLine();
    saveNode(station.store.db, dimseNode(9, { name: 'off' }));
    expect(await run('--node', 'off', '--formats', 'sr,csv')).toMatchObject({ code: 2, result: null });
    expect(await run('--node', 'off', '--to', freshFolder())).toMatchObject({ code: 2, result: null });
    expect(await run('--node', 'absent')).toMatchObject({ code: 3, result: null });
    const { code, result } = await run('--node', 'off', '--formats', 'sr');
    expect(code).toBe(1);
    expect(result.objects).toMatchObject([{ label: 'Structured report', sent: false, error: expect.any(String) }]);
  });
});
