import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { someInstance } from '../../tests/support/store.ts';
import { testWorkstation } from '../../tests/support/workstation.ts';
import { insertInstance } from '../store/studies.ts';
import { supportBundle } from './support.ts';

it('tells how the application is, and nothing about patients, people or places, even where the log does', async () => {
  const station = testWorkstation({}, { user: 'dr.reader', policy: { model: 'secret-model' } });
  const { db, folder } = station.store;
  insertInstance(db, someInstance({ patientName: 'MÜLLER^Hans', patientId: 'PID-SÜD-7' }), 'now');
  const lines = [
    { event: 'app.start', version: '1' },
    { event: 'defect', words: `müller, pid-süd-7, dr.reader, ${folder.root}/blobs and ${join(homedir(), 'x')}` },
  ];
  writeFileSync(join(folder.log, 'workstation.log'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

  const bundle = await supportBundle(
    station,
    { electron: '1', chromium: '2', node: '3' },
    new AbortController().signal,
  );
  const { runtime, rows, log, auditTrail, settledByAdministrator } = JSON.parse(bundle);
  expect(runtime).toMatchObject({ electron: '1', app: '0.0.0-test' });
  expect(rows).toMatchObject({ patients: 1, studies: 1, frames: 1 });
  expect(auditTrail).toMatchObject({ ok: true });
  expect(settledByAdministrator).toEqual(['model']);
  expect(log[0]).toContain('app.start');
  expect(log[1]).toContain('[patient], [patient], [user], [data folder]/blobs and [home]/x');
  expect(bundle.toLowerCase()).not.toMatch(/müller|hans|pid-süd|dr\.reader|secret-model/);
  expect(bundle).not.toContain(folder.root);
});
