import { describe, expect, it } from 'vitest';
import type { Decision } from '../../preload/contract/model.ts';
import type { WorklistQuery } from '../../preload/contract/workstation.ts';
import { freshStore, someInstance } from '../../tests/support/store.ts';
import { deleteFinding, insertAnalysis, insertFinding, listFrameResults, updateDecision } from './analyses.ts';
import { insertCalibration } from './calibrations.ts';
import type { WritableDatabase } from './database.ts';
import { insertReferenceSet } from './reference-sets.ts';
import { insertAddendum, saveReport } from './reports.ts';
import { forgetRemoved, removeStudy } from './retention.ts';
import { insertInstance } from './studies.ts';
import { findStudies, getWorklistRow, listModalities, listWorklistRows, markOpened } from './worklist.ts';

const watcher = { reader: 'reader', analysing: [] };
const everything: WorklistQuery = {
  text: '',
  patient: '',
  from: '',
  to: '',
  modality: '',
  state: '',
  flagged: false,
  unread: false,
  orderBy: 'date',
  descending: true,
  priorsTogether: false,
};

/** Three studies of two patients: 1 and 2 of Müller, 3 of somebody who is called CT. */
function filled(): WritableDatabase {
  const { db } = freshStore();
  const add = (number: number, change: Parameters<typeof someInstance>[0]) =>
    insertInstance(
      db,
      someInstance({
        studyInstanceUid: `1.${number}`,
        seriesInstanceUid: `1.${number}.1`,
        sopInstanceUid: `1.${number}.1.1`,
        ...change,
      }),
      `2026-02-0${number}`,
    );
  const muller = { patientId: 'M-1', patientName: 'Müller^Mia' };
  add(1, { ...muller, studyDate: '20260101', studyDescription: 'Head' });
  add(2, { ...muller, studyDate: '20260103', studyDescription: 'Knee', modality: 'MR', bodyPart: 'KNEE' });
  add(3, { patientId: 'X-12', patientName: 'CT^Carl', studyDate: '20260102', modality: 'DX', bodyPart: 'CHEST' });
  return db;
}

const found = (db: WritableDatabase, change: Partial<WorklistQuery>, analysing: readonly string[] = []) =>
  findStudies(db, { ...watcher, analysing }, { ...everything, ...change }).map(({ studyInstanceUid }) =>
    Number(studyInstanceUid.slice(2)),
  );

function analyse(db: WritableDatabase, id: string, study: number, scores: readonly number[], flagged: boolean): void {
  if (!db.get('SELECT 1 FROM calibrations')) {
    insertReferenceSet(db, {
      id: 'set',
      name: 'normals',
      frames: [{ sopInstanceUid: '1.1.1.1', frame: 0 }],
      confirmedBy: 'reader',
      createdAt: '',
      lineage: 'set',
      version: 1,
    });
    insertCalibration(db, calibration);
  }
  const frame = { sopInstanceUid: `1.${study}.1.1`, frame: 0, pValue: 0.25, flagged };
  const stored = { mapSha256: 'b'.repeat(64), mapWidth: 2, mapHeight: 2 };
  insertAnalysis(
    db,
    {
      id,
      studyInstanceUid: `1.${study}`,
      calibrationId: 'site',
      provider: 'cpu',
      createdAt: id,
      createdBy: 'reader',
      seconds: 1,
    },
    scores.map((score) => ({ ...frame, ...stored, score })),
    [],
  );
}

describe('the worklist', () => {
  it('finds by the beginnings of words, without accents, in any order', () => {
    const db = filled();
    expect(found(db, { text: 'mia mull' })).toEqual([2, 1]);
    expect(found(db, { text: 'ct' })).toEqual([3, 1]);
    expect(found(db, { text: 'ct', patient: 'carl' })).toEqual([3]);
    expect(found(db, { patient: 'ct' })).toEqual([3]);
    expect(found(db, { text: '2026-01-02' })).toEqual([3]);
    expect(found(db, { text: 'M-1 head' })).toEqual([1]);
    expect(found(db, { text: 'x12' })).toEqual([]);
    expect(found(db, { text: '" OR * ) NEAR(' })).toEqual([]);
  });

  it('finds a patient by a corrected name, and a study by a series that came later', () => {
    const db = filled();
    db.run(`UPDATE patients SET name = 'Corrected^Carl' WHERE patient_id = 'X-12'`);
    insertInstance(
      db,
      someInstance({
        studyInstanceUid: '1.3',
        patientId: 'X-12',
        modality: 'US',
        bodyPart: 'LIVER',
        seriesInstanceUid: '7',
        sopInstanceUid: '8',
      }),
      '',
    );
    expect(found(db, { text: 'corrected liver' })).toEqual([3]);
    expect(getWorklistRow(db, watcher, '1.3')).toMatchObject({
      modalities: ['DX', 'US'],
      seriesCount: 2,
      frameCount: 2,
    });
    expect(listModalities(db)).toEqual(['CT', 'DX', 'MR', 'US']);
  });

  it('filters by date, modality, state, flags, and what this reader has not opened', () => {
    const db = filled();
    expect(found(db, { from: '20260102' })).toEqual([2, 3]);
    expect(found(db, { from: '20260101', to: '20260102' })).toEqual([3, 1]);
    expect(found(db, { modality: 'MR' })).toEqual([2]);
    expect(found(db, { state: 'analysing' }, ['1.3'])).toEqual([3]);
    analyse(db, 'a', 1, [0.7], true);
    expect(found(db, { flagged: true })).toEqual([1]);
    expect(found(db, { state: 'analysed' })).toEqual([1]);
    saveReport(db, {
      studyInstanceUid: '1.1',
      indication: '',
      technique: '',
      findings: '',
      impression: 'x',
      state: 'draft',
      language: 'en',
      signedBy: null,
      signedAt: null,
      updatedAt: '',
    });
    expect(found(db, { state: 'reported' })).toEqual([]);
    db.run(`UPDATE reports SET state = 'signed'`);
    expect(found(db, { state: 'reported' })).toEqual([1]);
    expect(markOpened(db, '1.2', 'reader', 'now')).toBe(true);
    expect(markOpened(db, '1.2', 'reader', 'later')).toBe(false);
    expect(found(db, { unread: true })).toEqual([3, 1]);
    expect(getWorklistRow(db, { ...watcher, reader: 'another' }, '1.2').unread).toBe(true);
  });

  it('shows and sorts by the newest analysis', () => {
    const db = filled();
    analyse(db, 'a', 1, [0.7], true);
    analyse(db, 'b', 1, [0.4], false);
    analyse(db, 'c', 3, [0.6], false);
    expect(found(db, { orderBy: 'score' })).toEqual([3, 1, 2]);
    expect(found(db, { orderBy: 'patient', descending: false })).toEqual([3, 2, 1]);
    expect(
      listWorklistRows(db, watcher).map(({ highestScore, lowestPValue, flaggedFrames }) => [
        highestScore,
        lowestPValue,
        flaggedFrames,
      ]),
    ).toEqual([
      [0.6, 0.25, 0],
      [null, null, 0],
      [0.4, 0.25, 0],
    ]);
  });

  it('counts an image no more once all that was marked on it is rejected, and again when that is taken back', () => {
    const db = filled();
    analyse(db, 'a', 3, [0.9], true);
    const [marked] = listFrameResults(db, 'a');
    const mark = (id: string) =>
      insertFinding(db, {
        ...marked!,
        id,
        analysisId: 'a',
        box: [0, 0, 1, 1],
        outline: [],
        peakScore: 0.9,
        areaMm2: null,
        longestDiameterMm: null,
        decision: 'open',
        comment: '',
        decidedBy: null,
        decidedAt: null,
        drawnBy: null,
        measurementId: null,
      });
    for (const id of ['one', 'two']) mark(id);
    const decide = (id: string, decision: Decision) =>
      updateDecision(db, id, { decision, comment: '', decidedBy: null, decidedAt: null });
    const counted = () => {
      const { highestScore, flaggedFrames } = getWorklistRow(db, watcher, '1.3');
      return [highestScore, flaggedFrames];
    };
    expect(counted()).toEqual([0.9, 1]);
    decide('one', 'rejected');
    expect(counted()).toEqual([0.9, 1]);
    decide('two', 'rejected');
    expect(counted()).toEqual([null, 0]);
    expect(found(db, { flagged: true })).toEqual([]);
    decide('one', 'accepted');
    expect(counted()).toEqual([0.9, 1]);
    deleteFinding(db, 'one');
    expect(counted()).toEqual([null, 0]);
    mark('three');
    expect(counted()).toEqual([0.9, 1]);
    decide('three', 'accepted');
    const report = {
      indication: '',
      technique: '',
      findings: '',
      impression: 'x',
      language: 'en',
      updatedAt: '',
    } as const;
    saveReport(db, { ...report, studyInstanceUid: '1.3', state: 'signed', signedBy: 'reader', signedAt: 'now' });
    const addendum = { version: 2, text: 'No.', reason: 'quality', signedBy: 'reader', signedAt: 'later' } as const;
    insertAddendum(db, '1.3', { ...addendum, withdrawn: ['three'] });
    expect(counted()).toEqual([null, 0]);
  });
});

const calibration = {
  id: 'site',
  name: 'site',
  referenceSetId: 'set',
  modelName: 'embedded',
  modelSha256: 'ff',
  preset: 'fast',
  shots: 1,
  heldOut: 0,
  heldOutPatients: 0,
  setAside: 0,
  seed: 1,
  steps: 1,
  seconds: 1,
  lossTrace: [1],
  threshold: 0.5,
  toleratedShare: 0.05,
  modality: 'CT',
  bodyPart: 'HEAD',
  view: '',
  scanner: '',
  protocol: '',
  retiredAt: null,
  origin: '',
  provider: 'cpu',
  appVersion: '0',
  profileSha256: 'c'.repeat(64),
  createdAt: '',
  createdBy: 'reader',
  active: true,
} as const;

it('keeps no word of a study that was removed, and finds the others', () => {
  const { db } = freshStore();
  insertInstance(db, someInstance(), 'now');
  const other = { studyInstanceUid: '1.9', seriesInstanceUid: '1.9.1', sopInstanceUid: '1.9.1.1' };
  insertInstance(db, someInstance({ ...other, patientId: 'P9', patientName: 'UNMISTAKABLE' }), 'now');
  const hasWord = (word: string) =>
    db.all<{ block: Buffer }>('SELECT block FROM worklist_words_data').some(({ block }) => block.includes(word));
  expect(hasWord('unmistakable')).toBe(true);
  removeStudy(db, '1.9');
  forgetRemoved(db);
  expect(hasWord('unmistakable')).toBe(false);
  expect(hasWord('fictional')).toBe(true);
});
