import { describe, expect, it } from 'vitest';
import type { Finding } from '../../preload/contract/model.ts';
import { freshStore, someInstance } from '../../tests/support/store.ts';
import { insertAnalysis, latestAnalysis, listFindings, listFrameResults, updateDecision } from './analyses.ts';
import { activateCalibration, getCalibration, insertCalibration, listCalibrations } from './calibrations.ts';
import type { WritableDatabase } from './database.ts';
import { getReferenceSet, insertReferenceSet } from './reference-sets.ts';
import { getReport, saveReport } from './reports.ts';
import {
  getFrame,
  getStudy,
  insertInstance,
  listFrames,
  listSeries,
  listSkippedFiles,
  listStudies,
  saveSkippedFiles,
} from './studies.ts';

describe('studies', () => {
  it('gather what their instances bring', () => {
    const { db } = freshStore();
    const frame = {
      rows: 4,
      columns: 6,
      pixelSpacing: null,
      spacingAtDetector: false,
      orientation: null,
      position: null,
    };
    expect(insertInstance(db, someInstance(), '2026-01-01')).toBe('added');
    expect(
      insertInstance(
        db,
        someInstance({
          sopInstanceUid: '1.2.3.2.1',
          seriesInstanceUid: '1.2.3.2',
          seriesNumber: 2,
          modality: 'PT',
          frames: [frame, frame],
        }),
        '2026-01-02',
      ),
    ).toBe('added');
    expect(listStudies(db)).toEqual([
      expect.objectContaining({
        studyInstanceUid: '1.2.3',
        patientName: 'DEMO^FICTIONAL',
        modalities: ['CT', 'PT'],
        bodyParts: ['HEAD'],
        seriesCount: 2,
        frameCount: 3,
        importedAt: '2026-01-01',
      }),
    ]);
    expect(listSeries(db, '1.2.3').map((series) => series.modality)).toEqual(['CT', 'PT']);
    expect(listFrames(db, '1.2.3')).toHaveLength(3);
    expect(getFrame(db, { sopInstanceUid: '1.2.3.1.1', frame: 0 })).toMatchObject({
      rows: 64,
      columns: 48,
      pixelSpacing: [0.5, 0.25],
      orientation: [1, 0, 0, 0, 1, 0],
      position: [0, 0, 10],
      lossy: false,
    });
    expect(() => getStudy(db, 'none')).toThrowError(expect.objectContaining({ code: 'not-found' }));
  });

  it('know a file again, and refuse another under the same name or of another patient', () => {
    const { db } = freshStore();
    insertInstance(db, someInstance(), 'first');
    expect(insertInstance(db, someInstance(), 'second')).toBe('known');
    expect(insertInstance(db, someInstance({ fileSha256: 'b'.repeat(64) }), 'third')).toBe('conflict-instance');
    expect(insertInstance(db, someInstance({ sopInstanceUid: '9', patientId: 'P2' }), 'fourth')).toBe(
      'conflict-patient',
    );
    expect(listStudies(db)).toEqual([expect.objectContaining({ frameCount: 1, importedAt: 'first' })]);
    expect(db.get('SELECT count(*) AS n FROM patients')).toEqual({ n: 1 });
  });

  it('keep what an import left out in its order', () => {
    const { db } = freshStore();
    const skipped = [
      { path: '/b', reason: 'not an image' },
      { path: '/a', reason: 'cut off' },
    ];
    saveSkippedFiles(db, 'job', skipped);
    expect(listSkippedFiles(db, 'job')).toEqual(skipped);
  });
});

const calibration = {
  name: 'site',
  referenceSetId: 'set',
  modelName: 'embedded',
  modelSha256: 'ff',
  preset: 'fast',
  shots: 2,
  heldOut: 0,
  heldOutPatients: 0,
  setAside: 3,
  seed: 4294967295,
  steps: 2,
  seconds: 1.5,
  lossTrace: [1, 0.5],
  threshold: 0.6,
  toleratedShare: 0.05,
  modality: 'CT',
  bodyPart: 'HEAD',
  view: 'AXIAL',
  scanner: '',
  protocol: '',
  provider: 'cpu',
  appVersion: '0.1.0',
  profileSha256: 'bb',
  createdAt: '2026-01-01',
  createdBy: 'someone',
  retiredAt: null,
  origin: '',
} as const;

function withCalibrations(db: WritableDatabase): void {
  insertInstance(db, someInstance(), 'now');
  insertReferenceSet(db, {
    id: 'set',
    name: 'normals',
    lineage: 'set',
    version: 1,
    frames: [{ sopInstanceUid: '1.2.3.1.1', frame: 0 }],
    confirmedBy: 'someone',
    createdAt: '',
  });
  insertCalibration(db, { id: 'one', ...calibration });
  insertCalibration(db, { id: 'two', ...calibration, createdAt: '2026-01-02' });
  insertCalibration(db, { id: 'chest', ...calibration, bodyPart: 'CHEST', createdAt: '2026-01-03' });
}

describe('calibrations', () => {
  it('come back as they went in; one of a scope is active', () => {
    const { db } = freshStore();
    withCalibrations(db);
    expect(getReferenceSet(db, 'set').frames).toEqual([{ sopInstanceUid: '1.2.3.1.1', frame: 0 }]);
    expect(getCalibration(db, 'one')).toEqual({
      id: 'one',
      ...calibration,
      referenceSetName: 'normals',
      referenceSetVersion: 1,
      active: false,
    });
    activateCalibration(db, 'one', '2026-01-04', 'someone');
    activateCalibration(db, 'chest', '2026-01-04', 'someone');
    activateCalibration(db, 'two', '2026-01-04', 'someone');
    expect(listCalibrations(db).map(({ id, active }) => [id, active])).toEqual([
      ['chest', true],
      ['two', true],
      ['one', false],
    ]);
  });
});

describe('analyses', () => {
  const ref = { sopInstanceUid: '1.2.3.1.1', frame: 0 };
  const analysis = (id: string) => ({
    id,
    studyInstanceUid: '1.2.3',
    calibrationId: 'one',
    provider: 'cpu',
    createdAt: '2026-01-01',
    createdBy: 'someone',
    seconds: 2,
  });
  const result = (score: number) => ({
    ...ref,
    score,
    pValue: 0.25,
    flagged: score > 0.6,
    mapSha256: 'cc',
    mapWidth: 2,
    mapHeight: 3,
  });
  const finding: Finding = {
    ...ref,
    id: 'finding',
    analysisId: 'first',
    box: [1, 2, 3, 4],
    outline: [1, 2, 4, 2, 4, 6],
    peakScore: 0.7,
    pValue: null,
    areaMm2: 12.5,
    longestDiameterMm: null,
    decision: 'open',
    comment: '',
    decidedBy: null,
    decidedAt: null,
    drawnBy: null,
    measurementId: null,
  };

  it('are stored whole, and the newest one speaks for the study', () => {
    const { db } = freshStore();
    withCalibrations(db);
    expect(latestAnalysis(db, '1.2.3')).toBeNull();
    insertAnalysis(db, analysis('first'), [result(0.7)], [finding]);
    expect(listFindings(db, 'first')).toEqual([finding]);
    expect(listFrameResults(db, 'first')).toEqual([result(0.7)]);
    insertAnalysis(db, analysis('second'), [result(0.3)], []);
    expect(latestAnalysis(db, '1.2.3')?.id).toBe('second');
  });

  it('are not stored at all where a part does not fit', () => {
    const { db } = freshStore();
    withCalibrations(db);
    expect(() =>
      insertAnalysis(db, analysis('first'), [result(0.7)], [{ ...finding, sopInstanceUid: 'unknown' }]),
    ).toThrow();
    expect(latestAnalysis(db, '1.2.3')).toBeNull();
  });

  it('refuse decisions and changes once the report is signed', () => {
    const { db } = freshStore();
    withCalibrations(db);
    insertAnalysis(db, analysis('first'), [result(0.7)], [finding]);
    const accepted = { decision: 'accepted', comment: 'seen', decidedBy: 'reader', decidedAt: 'now' } as const;
    updateDecision(db, 'finding', accepted);
    expect(listFindings(db, 'first')).toEqual([{ ...finding, ...accepted }]);
    const draft = {
      studyInstanceUid: '1.2.3',
      indication: '',
      technique: '',
      findings: '',
      impression: '',
      state: 'draft',
      language: 'en',
      signedBy: null,
      signedAt: null,
      updatedAt: '',
    } as const;
    saveReport(db, draft);
    saveReport(db, { ...draft, impression: 'normal', state: 'signed', signedBy: 'reader', signedAt: 'now' });
    const notAllowed = expect.objectContaining({ code: 'not-allowed' });
    expect(() => updateDecision(db, 'finding', { ...accepted, decision: 'rejected' })).toThrowError(notAllowed);
    expect(() => saveReport(db, draft)).toThrowError(notAllowed);
    expect(() => insertAnalysis(db, analysis('again'), [], [])).toThrowError(notAllowed);
    expect(getReport(db, '1.2.3')).toMatchObject({ impression: 'normal', state: 'signed' });
  });
});
