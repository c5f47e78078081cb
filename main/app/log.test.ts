import { readFileSync } from 'node:fs';
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

it('does not fail where it cannot write', () => {
  expect(() => openLog('/no/such/folder').event('started')).not.toThrow();
});
