import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { Fault } from '../fault.ts';
import { run } from '../runtime/command.ts';
import { isOnPath } from '../runtime/debian.ts';
import { listAudit } from '../store/audit.ts';
import { listFrames } from '../store/studies.ts';
import { ACTS, type Act } from './audit-acts.ts';
import { importPaths } from './import.ts';
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
    const [, description = ''] = /<EventOutcomeDescription>(.*)<\/EventOutcomeDescription>/.exec(failed ?? '') ?? [];
    expect(JSON.parse(description.replaceAll('&quot;', '"').replaceAll('&lt;', '<'))).toEqual({
      entry: 4,
      subject: '',
      detail: { fault: 'not-allowed', reader: 'Dr. Ada "<Reader>"' },
    });
    if (isOnPath('python3'))
      expect(
        await run('python3', ['-c', 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])', path]),
      ).toMatchObject({
        code: 0,
      });
  });

  it.runIf(isOnPath('jing'))('follows schema and table of its event in PS3.15 A.5, for every kind of act', async () => {
    const station = stationWithTrail();
    for (const act of Object.keys(ACTS) as Act[])
      for (const [subject, detail] of [
        ['1.2.3', { keys: ['patientId'], node: 'archive' }],
        ['name', { study: '1.2.4' }],
        ['', {}],
      ] as const)
        record(station, act, subject, detail);
    const path = join(freshFolder(), 'trail.xml');
    await exportTrail(station, path);
    const xml = readFileSync(path, 'utf8');
    for (const code of Object.values(ACTS).map(([[value]]) => value))
      expect(xml).toContain(`EventID csd-code="${code}"`);
    const wrong = (
      [
        ['EventOutcomeIndicator="0"', 'EventOutcomeIndicator="1"'],
        // The launcher of an application, the medium of an export, and a login that is none.
        ['csd-code="110151"', 'csd-code="110152"'],
        ['csd-code="110154"', 'csd-code="110155"'],
        [/<EventTypeCode csd-code="110122"[^>]*>/, ''],
      ] as const
    ).map(([right, instead], index) => {
      const file = join(freshFolder(), `wrong-${index}.xml`);
      writeFileSync(file, xml.replace(right, instead));
      return file;
    });
    const schema = join(import.meta.dirname, '../../tests/support/audit-message.rnc');
    const { output } = await run('jing', ['-c', schema, path, ...wrong]);
    const refused = [path, ...wrong].filter((file) => output.includes(`${file}:`));
    expect(refused, output).toEqual(wrong);
  });

  it('names the patient of every study, by the number alone, and of results that were sent', async () => {
    const station = testWorkstation();
    const { paths, studyInstanceUid, patientId } = writePhantomStudy(freshFolder(), { number: 1, slices: 2 });
    await importPaths(station, paths, testJob());
    const [frame] = listFrames(station.store.db, studyInstanceUid);
    record(station, 'network.send', frame?.sopInstanceUid ?? '', { node: 'archive', attempts: 1 });
    record(station, 'study.view', '1.2.3');
    const path = join(freshFolder(), 'trail.xml');
    await exportTrail(station, path);
    const [imported = '', sent = '', removed = ''] =
      readFileSync(path, 'utf8').match(/<AuditMessage>.*?<\/AuditMessage>/gs) ?? [];
    const objectsOf = (message: string) => [...message.matchAll(/ParticipantObjectID="([^"]*)"/g)].map(([, id]) => id);
    for (const message of [imported, sent]) expect(objectsOf(message)).toEqual([studyInstanceUid, patientId]);
    expect(sent).toMatch(/UserID="archive".*?csd-code="110152"/s);
    expect(objectsOf(removed)).toEqual(['1.2.3', 'unknown']);
    expect(imported + sent).not.toContain('NORMAL');
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
