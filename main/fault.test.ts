import { mkdirSync, openSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../tests/support/store.ts';
import { Fault } from './fault.ts';

function faultOf(work: () => unknown): Fault {
  try {
    work();
  } catch (thrown) {
    return Fault.from(thrown);
  }
  throw new Error('It did not fail.');
}

const systemError = (code: string) =>
  Object.assign(new Error(`${code}: something, open '/there'`), { code, path: '/there' });

describe('what the operating system refuses', () => {
  it('is told in a sentence that names the path and no error code', () => {
    const folder = freshFolder();
    symlinkSync(join(folder, 'a'), join(folder, 'b'));
    symlinkSync(join(folder, 'b'), join(folder, 'a'));
    writeFileSync(join(folder, 'file'), '');
    const faults = [
      faultOf(() => readFileSync(join(folder, 'a'))),
      faultOf(() => readFileSync(join(folder, 'none'))),
      faultOf(() => readdirSync(join(folder, 'file'))),
      faultOf(() => readFileSync(join(folder, 'file', 'inner'))),
      faultOf(() => openSync(join(folder, 'x'.repeat(300)), 'w')),
      faultOf(() => mkdirSync(join(folder, 'file'))),
      ...['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EIO', 'ESTALE', 'EFBIG', 'ENXIO'].map((code) =>
        faultOf(() => {
          throw systemError(code);
        }),
      ),
    ];
    for (const { message, path } of faults) {
      expect(message).toMatch(/^[A-Z/].*[.]$/);
      expect(message).not.toMatch(/\bE[A-Z]{3,}\b/);
      expect(message).toContain(path);
    }
    expect(faults.map(({ code }) => code).slice(0, 3)).toEqual(['not-allowed', 'not-found', 'not-allowed']);
  });

  it('is a full disk where there is no room, whatever else is said of it', () => {
    for (const code of ['ENOSPC', 'EDQUOT', 'SQLITE_FULL'])
      expect(Fault.from(systemError(code), { code: 'bad-file' }).code).toBe('disk-full');
    expect(Fault.from(systemError('EACCES'), { code: 'bad-file' })).toMatchObject({ code: 'bad-file', path: '/there' });
  });
});
