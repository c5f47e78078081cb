import { describe, expect, it } from 'vitest';
import type { HangingProtocol, Session } from '../../preload/contract/reading-room.ts';
import { someInstance } from '../../tests/support/store.ts';
import { testWorkstation } from '../../tests/support/workstation.ts';
import { setSetting } from '../store/settings.ts';
import { insertInstance } from '../store/studies.ts';
import {
  hangingProtocols,
  keepProtocol,
  keepSession,
  keepTemplate,
  removeProtocol,
  reportTemplates,
  sessionOf,
} from './reading-room.ts';

const protocol = (id: string, change: Partial<HangingProtocol> = {}): HangingProtocol => ({
  id,
  name: `Protocol ${id}`,
  modality: 'CT',
  bodyPart: '',
  rows: 1,
  columns: 2,
  multiplanar: false,
  priorBeside: true,
  synchronised: true,
  window: null,
  ...change,
});

describe('hanging protocols', () => {
  it('are kept as they were set up, one for each kind of exam', () => {
    const station = testWorkstation();
    keepProtocol(station, protocol('any', { modality: '' }));
    keepProtocol(station, protocol('head', { bodyPart: 'HEAD', window: { center: 40, width: 80 } }));
    keepProtocol(station, protocol('ct'));
    expect(hangingProtocols(station).map(({ id }) => id)).toEqual(['head', 'ct', 'any']);
    expect(hangingProtocols(station)[0]).toEqual(
      protocol('head', { bodyPart: 'HEAD', window: { center: 40, width: 80 } }),
    );
    keepProtocol(station, protocol('other', { rows: 3 }));
    expect(hangingProtocols(station).map(({ id }) => id)).toEqual(['head', 'other', 'any']);
    expect(removeProtocol(station, 'head').map(({ id }) => id)).toEqual(['other', 'any']);
  });
});

describe('report templates', () => {
  it('are replaced by one of the same name', () => {
    const station = testWorkstation();
    const template = {
      id: 'a',
      name: 'Knee',
      modality: 'MR',
      bodyPart: '',
      technique: '',
      findings: '',
      impression: '',
    };
    keepTemplate(station, template);
    keepTemplate(station, { ...template, id: 'b', findings: 'Menisci:' });
    expect(reportTemplates(station)).toEqual([{ ...template, id: 'b', findings: 'Menisci:' }]);
  });
});

describe('the session', () => {
  const plane = { focus: [0, 12.5, -3], normal: [0, 0, -1], up: [0, -1, 0], zoom: 1.5 } as const;
  const planes = { axial: plane, coronal: plane, sagittal: plane };
  const session: Session = {
    screen: 'viewer',
    study: '1.2.3',
    rows: 1,
    columns: 2,
    multiplanar: false,
    synchronised: true,
    places: [
      { study: '1.2.3', series: '1.2.3.1', frame: 0, window: { center: 40, width: 80 }, planes },
      { study: '9', series: '9.1', frame: 4, window: null, planes: null },
    ],
    active: 0,
  };

  it('comes back as its reader left it, without what is gone', () => {
    const station = testWorkstation();
    insertInstance(station.store.db, someInstance(), '2026-01-01T00:00:00.000Z');
    expect(sessionOf(station)).toBeNull();
    keepSession(station, session);
    expect(sessionOf(station)).toEqual({ ...session, places: [session.places[0], null] });
    expect(sessionOf({ ...station, user: 'somebody else' })).toBeNull();
  });

  it.each([
    ['what an older version kept', undefined],
    ['damaged planes', { ...planes, coronal: { ...plane, normal: [0, 'x'] } }],
    ['planes of another kind', { oblique: plane }],
  ])('comes back with the standard planes: %s', (_, kept) => {
    const station = testWorkstation();
    insertInstance(station.store.db, someInstance(), '2026-01-01T00:00:00.000Z');
    const place = { ...session.places[0], planes: kept };
    setSetting(station.store.db, 'session/tester', JSON.stringify({ ...session, places: [place] }));
    expect(sessionOf(station)).toEqual({ ...session, places: [{ ...place, planes: null }] });
  });

  it('comes back on the worklist where its study is gone, and not at all where it cannot be read', () => {
    const station = testWorkstation();
    keepSession(station, session);
    expect(sessionOf(station)).toMatchObject({ screen: 'worklist', study: null, places: [] });
    setSetting(station.store.db, 'session/tester', '{"screen":"another version"}');
    expect(sessionOf(station)).toBeNull();
  });
});
