/** Nothing leaves: every connection that the application makes during the main job, as the kernel saw it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { provideRuntime } from '../../main/runtime/launch.ts';
import { freshFolder, runCli } from '../support/launch.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { openWorkstation } from '../support/pages/pages.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

const canTrace = process.platform === 'linux' && spawnSync('strace', ['-f', 'true']).status === 0;
const SYSTEM_CALLS = ['-f', '--seccomp-bpf', '-e', 'trace=connect,sendto'];
/**
 * Chromium asks the kernel whether there is a route to this address (a public resolver) by connecting a datagram socket,
 * from which it sends nothing and which it closes.
 */
const ROUTE_PROBE = /sin6_port=htons\(443\).*"2001:4860:4860::8888"/;

describe.runIf(canTrace)('the network during the main job (needs strace)', () => {
  const folder = freshFolder();
  const trace = join(folder, 'trace');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A program that runs Electron with its arguments and has the calls of all its processes written down. */
  async function starter(): Promise<string> {
    const { runtime } = await provideRuntime();
    const path = join(folder, 'traced-electron');
    const command = ['strace', ...SYSTEM_CALLS, '-A', '-o', trace, runtime.executable].map((word) => `'${word}'`);
    writeFileSync(path, `#!/bin/sh\nexec ${command.join(' ')} "$@"\n`, { mode: 0o755 });
    return path;
  }

  test('the trace would show a connection to elsewhere', () => {
    const control = join(folder, 'control');
    spawnSync('timeout', [
      ...['20', 'strace', ...SYSTEM_CALLS, '-o', control],
      // An address of the documentation (RFC 5737), where nobody answers.
      ...['bash', '-c', 'exec 3<>/dev/tcp/192.0.2.1/80'],
    ]);
    expect(connectionsElsewhere(control)).toEqual([expect.stringContaining('192.0.2.1')]);
  });

  test('the window: import, viewer, report', async () => {
    const station = await openWorkstation({ starter: await starter() });
    try {
      const { app, worklist, jobs, viewer, report } = station;
      const inbox = join(folder, 'inbox');
      const { studyInstanceUid } = writePhantomStudy(inbox, { number: 1 });
      await answerOpenDialog(app, [inbox]);
      await worklist.import('folder');
      await jobs.waitFor('import', 'done');
      await jobs.close();
      await worklist.openStudy(studyInstanceUid);
      await viewer.stack.and(station.window.locator('[data-rendered="true"]')).waitFor();
      await report.open();
    } finally {
      await station.close();
    }
  });

  test('the command line: calibration, analysis, report', async () => {
    const normals = join(folder, 'normals');
    for (let number = 1; number <= 4; number++) writePhantomStudy(normals, { number });
    const { studyInstanceUid } = writePhantomStudy(join(folder, 'case'), { number: 9, lesion: 'mass' });
    const profile = join(folder, 'head.profile');
    const settings = ['--model', 'embedded', '--preset', 'fast', '--provider', 'cpu', '--shots', '2'];
    for (const args of [
      ['import', join(folder, 'case')],
      ['calibrate', ...settings, '--normals', normals, '--out', profile],
      ['detect', '--profile', profile, join(folder, 'case')],
      ['export', '--study', studyInstanceUid, '--to', join(folder, 'out'), '--formats', 'pdf'],
    ]) {
      const options = { starter: await starter() };
      const { code, stderr } = await runCli([...args, '--data-dir', join(folder, 'data')], options);
      expect(code, `${args[0]}: ${stderr}`).toBe(0);
    }
  });

  test('made no connection beyond this machine’s own sockets', () => {
    expect(existsSync(trace)).toBe(true);
    // The display and the message bus are sockets of this machine; so the trace is not empty.
    expect(readFileSync(trace, 'utf8')).toContain('AF_UNIX');
    expect(connectionsElsewhere(trace)).toEqual([]);
  });
});

/** Lines of a trace that name an address of a network, this machine's own loopback aside. */
function connectionsElsewhere(path: string): readonly string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => /AF_(?!UNIX|NETLINK|UNSPEC)\w+/.test(line))
    .filter((line) => !ROUTE_PROBE.test(line))
    .filter((line) => !/inet_addr\("127\.|inet_pton\(AF_INET6, "::1"/.test(line));
}
