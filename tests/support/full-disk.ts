/** A small disk of its own, which a test can fill. */
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../main/runtime/command.ts';
import { freshFolder } from './launch.ts';

export interface SmallDisk {
  readonly folder: string;
  /** Leaves about so many bytes free. */
  fill(bytesLeft: number): void;
  /** Frees what `fill` took. */
  clear(): void;
  remove(): Promise<void>;
}

/** Null where this user may not mount one. */
export async function mountSmallDisk(bytes: number): Promise<SmallDisk | null> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return null;
  const folder = freshFolder();
  const { code } = await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
  if (code !== 0) {
    rmSync(folder, { recursive: true });
    return null;
  }
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill(bytesLeft) {
      const { bavail, bsize } = statfsSync(folder);
      mkdirSync(ballast, { recursive: true });
      writeFileSync(join(ballast, 'zeros'), Buffer.alloc(Math.max(0, bavail * bsize - bytesLeft)));
    },
    clear: () => rmSync(ballast, { recursive: true, force: true }),
    async remove() {
      await run('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
