/** Displays: whether there is one, and a virtual one for the tests. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { SetupError } from './command.ts';

export function hasDisplay(): boolean {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

export interface VirtualDisplay {
  /** The value of DISPLAY that names it, e.g. `:99`. */
  readonly name: string;
  close(): void;
}

/** Starts Xvfb on a free display number. @throws SetupError when it does not start. */
export function startVirtualDisplay(): Promise<VirtualDisplay> {
  return new Promise((resolve, reject) => {
    // Xvfb picks the number itself and writes it to file descriptor 3.
    const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1680x1050x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const fail = () => reject(new SetupError('The virtual display (Xvfb) did not start.'));
    server.on('error', fail);
    server.on('exit', fail);
    (server.stdio[3] as Readable).once('data', (number: Buffer) =>
      resolve({ name: `:${number.toString().trim()}`, close: () => server.kill() }),
    );
  });
}
