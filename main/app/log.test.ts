import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { Fault } from '../fault.ts';
import { openLog } from './log.ts';

it('tells code and place of a failure, and neither its message nor its path', () => {
  const folder = freshFolder();
  const log = openLog(folder);
  log.event('started', { version: '1' });
  const cause = new Error('ENOENT: no such file, open /home/mueller/MUELLER^HANS.dcm');
  log.fault(
    'import',
    new Fault('bad-file', 'MUELLER^HANS is damaged.', { path: '/home/mueller/MUELLER^HANS.dcm', cause }),
  );
  const text = readFileSync(join(folder, 'workstation.log'), 'utf8');
  const [started, fault] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(started).toMatchObject({ event: 'started', version: '1' });
  expect(fault).toMatchObject({
    event: 'fault',
    where: 'import',
    kind: 'Fault',
    code: 'bad-file',
    cause: { kind: 'Error' },
  });
  expect(fault.at_code[0]).toContain('log.test.ts');
  expect(text.toLowerCase()).not.toContain('mueller');
});

it('starts over at 5 MB and keeps the one before', () => {
  const folder = freshFolder();
  const path = join(folder, 'workstation.log');
  const log = openLog(folder);
  for (const filling of ['older', 'old']) {
    writeFileSync(path, filling.padEnd(5 * 1024 * 1024 + 1));
    log.event('started');
  }
  expect(readdirSync(folder).sort()).toEqual(['workstation.log', 'workstation.log.1']);
  expect(readFileSync(`${path}.1`, 'utf8').trim()).toBe('old');
  expect(readFileSync(path, 'utf8')).toContain('started');
});

it('does not fail where it cannot write', () => {
  expect(() => openLog('/no/such/folder').event('started')).not.toThrow();
});
