import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { testWorkstation } from '../../tests/support/workstation.ts';
import { Fault } from '../fault.ts';
import { run } from '../runtime/command.ts';
import { isOnPath } from '../runtime/debian.ts';
import { listAudit } from '../store/audit.ts';
import { ACTS, type Act } from './audit-acts.ts';
import { readerName, setReaderName } from './reader-profile.ts';
import { exportTrail } from './upkeep.ts';
import { record, recordFailure, type Workstation } from './workstation.ts';

function stationWithTrail(): Workstation {
  const station = testWorkstation();
  record(station, 'study.view', '1.2.3');
  setReaderName(station, 'Dr. Ada "<Reader>"');
  record(station, 'results.export', '1.2.3', { formats: ['sr'] });
  recordFailure(station, 'call.reports.sign', '', new Fault('not-allowed', 'No.'));
  return station;
}

describe('the trail as DICOM audit messages', () => {
  it('says for each entry who, when, what and with which outcome', async () => {
    const station = stationWithTrail();
    const path = join(freshFolder(), 'trail.xml');
    expect(await exportTrail(station, path)).toBe(4);
    const xml = readFileSync(path, 'utf8');
    const messages = xml.match(/<AuditMessage>[\s\S]*?<\/AuditMessage>/g) ?? [];
    expect(messages).toHaveLength(4);
    const [view, , exported, failed] = messages;
    expect(view).toContain('EventActionCode="R"');
    expect(view).toContain('csd-code="110103"');
    expect(view).toContain('ParticipantObjectID="1.2.3"');
    expect(view).toContain(`EventDateTime="${listAudit(station.store.db)[0]?.at}"`);
    expect(exported).toContain('csd-code="110106"');
    expect(exported).toContain('UserID="tester" AlternativeUserID="Dr. Ada &quot;&lt;Reader>&quot;"');
    expect(failed).toContain('EventOutcomeIndicator="4"');
    const details = [...xml.matchAll(/type="detail" value="([^"]*)"/g)].map(([, value = '']) =>
      JSON.parse(Buffer.from(value, 'base64').toString()),
    );
    expect(details[3]).toEqual({ fault: 'not-allowed', reader: 'Dr. Ada "<Reader>"' });
    if (isOnPath('python3'))
      expect(
        await run('python3', ['-c', 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])', path]),
      ).toMatchObject({
        code: 0,
      });
  });

  it.runIf(isOnPath('jing'))('follows the schema of PS3.15 A.5.1, for every kind of act', async () => {
    const station = stationWithTrail();
    for (const act of Object.keys(ACTS) as Act[]) record(station, act, act.includes('n') ? '1.2.3' : 'name', { n: 1 });
    const folder = freshFolder();
    const path = join(folder, 'trail.xml');
    await exportTrail(station, path);
    const schema = join(import.meta.dirname, '../../tests/support/audit-message.rnc');
    const validate = async (file: string) => (await run('jing', ['-c', schema, file])).code;
    expect(await validate(path)).toBe(0);
    const wrong = join(folder, 'wrong.xml');
    writeFileSync(wrong, readFileSync(path, 'utf8').replace('EventOutcomeIndicator="0"', 'EventOutcomeIndicator="1"'));
    expect(await validate(wrong)).toBe(1);
  });

  it('is JSON lines where the name asks for it', async () => {
    const path = join(freshFolder(), 'trail.jsonl');
    await exportTrail(stationWithTrail(), path);
    expect(
      readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).action),
    ).toEqual(['study.view', 'reader.name', 'results.export', 'call.reports.sign']);
  });
});

describe('a reader profile', () => {
  it('names who signs, until then the user of the operating system does', () => {
    const station = testWorkstation();
    expect(readerName(station)).toBe('tester');
    expect(setReaderName(station, ' Dr. Ada Reader ')).toBe('Dr. Ada Reader');
    expect(readerName(station)).toBe('Dr. Ada Reader');
    for (const name of ['', 'a^b', 'a\\b', 'x'.repeat(65)])
      expect(() => setReaderName(station, name)).toThrowError(expect.objectContaining({ code: 'usage' }));
  });
});
