/** From files to a report, with the store and the reader as they are and an engine that takes brightness for anomaly. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AnomalyMap } from '../../preload/contract/model.ts';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { Fault } from '../fault.ts';
import { listAnnotations } from '../store/annotations.ts';
import { listAudit, verifyAudit } from '../store/audit.ts';
import { getReferenceSet } from '../store/reference-sets.ts';
import { checkStore } from '../store/store.ts';
import { analyseStudy, openLatestAnalysis, openMap, openRunningAnalysis } from './analysis.ts';
import {
  planeMeasurementsOf,
  putAnnotation,
  putPlaneMeasurement,
  removeAnnotation,
  removePlaneMeasurement,
} from './annotations.ts';
import { calibrateReferenceSet } from './calibration.ts';
import { lossOf } from './carry-over.ts';
import { drawByPatient } from './draw.ts';
import { freeMeasurements } from './finding-sentences.ts';
import { addFinding, decide, linkFinding, removeFinding, reshapeFinding } from './findings.ts';
import { importPaths } from './import.ts';
import type { Jobs } from './jobs.ts';
import { findNearestNormals } from './nearest-normals.ts';
import { activate, listAllCalibrations } from './profiles.ts';
import { createReferenceSet } from './reference-sets.ts';
import { exportReportPdf, openReport, saveReport, signReport } from './reports.ts';
import { startAnalysis } from './start.ts';
import { listWorklist, openStudy } from './worklist.ts';
import type { PrintableDocument, Workstation } from './workstation.ts';

/** A folder of grey pictures; spots are [left, top, brightness] squares of 8 pixels in 64 x 64. */
async function pictures(
  spots: readonly (readonly [number, number, number] | null)[],
  background = 40,
): Promise<string> {
  const folder = join(freshFolder(), 'study');
  mkdirSync(folder);
  for (const [index, spot] of spots.entries()) {
    const data = Buffer.alloc(64 * 64, background + index);
    const [left, top, brightness] = spot ?? [0, 0, background + index];
    for (let y = top; y < top + 8; y++) data.fill(brightness, y * 64 + left, y * 64 + left + 8);
    await sharp(data, { raw: { width: 64, height: 64, channels: 1 } })
      .png()
      .toFile(join(folder, `${index}.png`));
  }
  return folder;
}

async function importStudy(station: Workstation, folder: string): Promise<string> {
  const { studies } = await importPaths(station, [folder], testJob());
  return studies[0] ?? '';
}

const framesOf = (station: Workstation, study: string) =>
  openStudy(station.store.db, study, [])
    .series.flatMap(({ frames }) => frames)
    .map(({ sopInstanceUid, frame }) => ({ sopInstanceUid, frame }));

const request = (referenceSetId: string, change: object = {}) => ({
  name: 'Site',
  referenceSetId,
  modelName: 'embedded',
  preset: 'fast' as const,
  provider: 'auto' as const,
  shots: 4,
  seed: 1,
  toleratedShare: 0.05,
  ...change,
});

describe('the main job', () => {
  let station: Workstation;
  let printed: PrintableDocument[];
  let referenceSetId: string;
  let study: string;

  beforeEach(async () => {
    printed = [];
    station = testWorkstation(brightnessEngine, {
      print: async (document) => {
        printed.push(document);
        return Buffer.from('%PDF-1.7 of a test');
      },
    });
    const normals = await importStudy(station, await pictures([null, null, null, null, null, null]));
    referenceSetId = createReferenceSet(station, { name: 'Normals', frames: framesOf(station, normals) }).id;
    // The second and third image have a bright spot each: the findings.
    study = await importStudy(station, await pictures([null, [8, 8, 220], [40, 24, 250]], 20));
  });

  it('calibrates: some normals train, the others are held out, the profile is stored', async () => {
    const traces: (readonly number[])[] = [];
    const job = testJob({ progress: ({ lossTrace }) => lossTrace && traces.push(lossTrace) });
    const row = await calibrateReferenceSet(station, request(referenceSetId), job);
    expect(row).toMatchObject({
      name: 'Site',
      referenceSetName: 'Normals',
      shots: 4,
      heldOut: 2,
      steps: 3,
      lossTrace: [1, 0.75, 0.5],
      modality: 'OT',
      active: false,
      modelSha256: 'f'.repeat(64),
      createdBy: 'tester',
    });
    expect(traces.at(-1)).toEqual([1, 0.75, 0.5]);
    expect(activate(station, row.id)).toEqual({ ...row, active: true });
    const second = await calibrateReferenceSet(station, request(referenceSetId), testJob());
    expect(second.active).toBe(false);
    activate(station, second.id);
    expect(listAllCalibrations(station).filter(({ active }) => active)).toEqual([{ ...second, active: true }]);
  });

  it('refuses a set of one image, more shots than images, and mixed modalities, and stores nothing', async () => {
    const [frame] = framesOf(station, study);
    const one = createReferenceSet(station, { name: 'One', frames: frame ? [frame] : [] });
    await expect(calibrateReferenceSet(station, request(one.id, { shots: 2 }), testJob())).rejects.toMatchObject({
      code: 'bad-reference-set',
      message: expect.stringContaining('at least 2 normal images'),
    });
    await expect(
      calibrateReferenceSet(station, request(referenceSetId, { shots: 7 }), testJob()),
    ).rejects.toMatchObject({ code: 'bad-reference-set' });
    expect(() =>
      createReferenceSet(station, { name: 'Twice', frames: [...framesOf(station, study), ...(frame ? [frame] : [])] }),
    ).toThrowError(expect.objectContaining({ code: 'bad-reference-set' }));
    expect(listAllCalibrations(station)).toEqual([]);
  });

  it('keeps nothing of a calibration whose engine died', async () => {
    const engine = {
      run: () => Promise.reject(new Fault('engine-died', 'The engine stopped unexpectedly.')),
    };
    const dying = { ...station, engine };
    await expect(calibrateReferenceSet(dying, request(referenceSetId), testJob())).rejects.toMatchObject({
      code: 'engine-died',
    });
    expect(listAllCalibrations(station)).toEqual([]);
    expect(await checkStore(station.store)).toMatchObject({ ok: true, orphanFiles: 0 });
  });

  it('analyses: scores, maps and findings are stored together', async () => {
    const calibration = await calibrateReferenceSet(station, request(referenceSetId), testJob());
    await analyseStudy(station, { studyInstanceUid: study, calibrationId: calibration.id }, testJob());
    const analysis = openLatestAnalysis(station.store, study);
    expect(analysis?.frames.map(({ score }) => Number(score.toFixed(3)))).toEqual([0.98, 0.863, 0.078]);
    expect(analysis?.findings.map(({ box }) => box)).toEqual([
      [40, 24, 8, 8],
      [8, 8, 8, 8],
    ]);
    // Two held-out normals, both darker: 1 / 3.
    expect(analysis?.findings[0]).toMatchObject({ decision: 'open', pValue: 1 / 3, areaMm2: null });
    const [first] = analysis?.frames ?? [];
    const map = await openMap(station.store, analysis?.id ?? '', first ?? { sopInstanceUid: '', frame: 0 });
    expect(map).toMatchObject({ width: 16, height: 16 });
    expect(Math.max(...map.data)).toBeCloseTo(250 / 255, 5);
    expect(listWorklist(station.store.db, []).find((row) => row.studyInstanceUid === study)).toMatchObject({
      state: 'analysed',
      flaggedFrames: 2,
    });
  });

  it('names the normals that a finding was compared with, by the pictures that the calibration drew', async () => {
    const calibration = await calibrateReferenceSet(station, request(referenceSetId), testJob());
    await analyseStudy(station, { studyInstanceUid: study, calibrationId: calibration.id }, testJob());
    const [finding] = openLatestAnalysis(station.store, study)?.findings ?? [];
    const { box, normals } = await findNearestNormals(station, finding?.id ?? '');
    expect(box).toEqual([40, 24, 8, 8]);
    const drawn = getReferenceSet(station.store.db, referenceSetId).frames.map(({ sopInstanceUid, frame }) => {
      const key = `${sopInstanceUid}/${frame}`;
      return { key, owner: key, sopInstanceUid, frame };
    });
    const { support } = drawByPatient(drawn, 4, 1);
    expect(normals).toEqual(
      support.toReversed().map(({ sopInstanceUid, frame }, i) => ({
        sopInstanceUid,
        frame,
        box: [40, 24, 8, 8],
        distance: i / 10,
      })),
    );
    await expect(findNearestNormals(station, 'none')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('shows results while the analysis runs, and keeps none of them when it is cancelled', async () => {
    const calibration = await calibrateReferenceSet(station, request(referenceSetId), testJob());
    const abort = new AbortController();
    const seen: number[] = [];
    const job = testJob({
      signal: abort.signal,
      progress: ({ done }) => {
        const running = openRunningAnalysis(station.store, study);
        seen.push(running?.frames.length ?? 0);
        expect(openLatestAnalysis(station.store, study)).toBeNull();
        if (done < 1) return;
        const [first] = running!.frames;
        maps.push(openMap(station.store, running!.id, first!));
        expect(running!.findings).toEqual([]);
        abort.abort();
      },
    });
    const maps: Promise<AnomalyMap>[] = [];
    await expect(
      analyseStudy(station, { studyInstanceUid: study, calibrationId: calibration.id }, job),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toEqual([0, 1]); // the first batch is a single picture
    expect((await maps[0])?.data).toHaveLength(16 * 16);
    expect(openLatestAnalysis(station.store, study)).toBeNull();
    expect(openRunningAnalysis(station.store, study)).toBeNull();
  });

  it('lets the reader draw, reshape, measure and take back findings, one audit entry each, until the signature', async () => {
    const calibration = await calibrateReferenceSet(station, request(referenceSetId), testJob());
    await analyseStudy(station, { studyInstanceUid: study, calibrationId: calibration.id }, testJob());
    const { id: analysisId, findings } = openLatestAnalysis(station.store, study)!;
    const frame = framesOf(station, study)[0]!;
    const before = listAudit(station.store.db).length;
    const square = [10, 10, 20, 10, 20, 20, 10, 20];
    const drawn = await addFinding(station, { analysisId, frame, outline: square, comment: 'Missed' });
    expect(drawn).toMatchObject({ box: [10, 10, 10, 10], decision: 'accepted', drawnBy: 'tester', areaMm2: null });
    expect(drawn.pValue).toBeGreaterThan(0);
    const reshaped = await reshapeFinding(station, { findingId: findings[0]!.id, outline: square });
    expect(reshaped).toMatchObject({ outline: square, drawnBy: 'tester', decision: 'open' });

    const length = { id: 'length', tool: 'length', ...frame, points: [10, 10, 20, 10] } as const;
    putAnnotation(station, { studyInstanceUid: study, annotation: length });
    putAnnotation(station, { studyInstanceUid: study, annotation: { ...length, points: [10, 10, 20, 20] } });
    expect(listAnnotations(station.store.db, study)).toEqual([{ ...length, points: [10, 10, 20, 20] }]);
    expect(linkFinding(station, { findingId: drawn.id, measurementId: 'length' }).measurementId).toBe('length');
    expect(removeAnnotation(station, 'length')).toEqual([drawn.id]);
    expect(linkFinding(station, { findingId: findings[0]!.id, measurementId: null }).measurementId).toBeNull();
    const afterwards = openLatestAnalysis(station.store, study)?.findings.find(({ id }) => id === drawn.id);
    expect(afterwards?.measurementId).toBeNull();
    // Undone: it measures again what it measured, in one act.
    putAnnotation(station, { studyInstanceUid: study, annotation: length, measures: [drawn.id, 'gone'] });
    const again = openLatestAnalysis(station.store, study)?.findings;
    expect(again?.filter(({ measurementId }) => measurementId === 'length').map(({ id }) => id)).toEqual([drawn.id]);
    removeFinding(station, drawn.id);
    expect(openLatestAnalysis(station.store, study)?.findings).toHaveLength(findings.length);

    const { seriesInstanceUid } = openStudy(station.store.db, study, []).series[0]!;
    const [normal, up] = [
      [0, -1, 0],
      [0, 0, 1],
    ] as const;
    const inPlane = { id: 'plane', tool: 'length', seriesInstanceUid, normal, up, points: [0, 5, 0, 3, 5, 4] } as const;
    putPlaneMeasurement(station, { studyInstanceUid: study, measurement: inPlane });
    expect(planeMeasurementsOf(station, study)).toEqual([inPlane]);
    // It lies on no image: the report and what is exported hold the one that does.
    expect(freeMeasurements(station, study).map(({ id }) => id)).toEqual(['length']);
    const elsewhere = { ...inPlane, seriesInstanceUid: '9.9' };
    expect(() => putPlaneMeasurement(station, { studyInstanceUid: study, measurement: elsewhere })).toThrowError(
      expect.objectContaining({ code: 'usage' }),
    );
    expect(listAudit(station.store.db).length - before).toBe(10);

    const notAllowed = expect.objectContaining({ code: 'not-allowed' });
    const untouched = findings.find(({ id }) => id !== reshaped.id)!;
    expect(() => removeFinding(station, untouched.id)).toThrowError(notAllowed);
    saveReport(station, { studyInstanceUid: study, impression: 'Done' });
    signReport(station, study);
    await expect(addFinding(station, { analysisId, frame, outline: square, comment: '' })).rejects.toThrow(notAllowed);
    await expect(reshapeFinding(station, { findingId: untouched.id, outline: square })).rejects.toThrow(notAllowed);
    expect(() => putAnnotation(station, { studyInstanceUid: study, annotation: length })).toThrowError(notAllowed);
    const moved = { ...inPlane, points: [0, 5, 0, 3, 5, 5] };
    expect(() => putPlaneMeasurement(station, { studyInstanceUid: study, measurement: moved })).toThrowError(
      notAllowed,
    );
    expect(() => removePlaneMeasurement(station, 'plane')).toThrowError(notAllowed);
    expect(planeMeasurementsOf(station, study)).toEqual([inPlane]);
  });

  it('keeps what was drawn by hand when it is analysed again, and says what would be lost of the rest', async () => {
    const { id: calibrationId } = await calibrateReferenceSet(station, request(referenceSetId), testJob());
    const again = { studyInstanceUid: study, calibrationId };
    await analyseStudy(station, again, testJob());
    expect(lossOf(station.store, study)).toEqual({ decisions: 0, comments: 0, measurements: 0 });
    const { id: analysisId, findings } = openLatestAnalysis(station.store, study)!;
    const frame = framesOf(station, study)[0]!;
    const outline = [10, 10, 20, 10, 20, 20, 10, 20];
    const drawn = await addFinding(station, { analysisId, frame, outline, comment: 'Missed' });
    const length = { id: 'length', tool: 'length', ...frame, points: [10, 10, 20, 10] } as const;
    putAnnotation(station, { studyInstanceUid: study, annotation: length });
    linkFinding(station, { findingId: drawn.id, measurementId: 'length' });
    decide(station, { findingId: findings[0]!.id, decision: 'rejected', comment: 'Artefact' });
    expect(lossOf(station.store, study)).toEqual({ decisions: 1, comments: 1, measurements: 0 });
    const refused = expect.objectContaining({ code: 'not-allowed', message: expect.stringContaining('lose') });
    expect(() => startAnalysis(station, {} as Jobs, again)).toThrowError(refused);

    await analyseStudy(station, again, testJob());
    const next = openLatestAnalysis(station.store, study)!;
    expect(next.id).not.toBe(analysisId);
    expect(next.findings.filter(({ drawnBy }) => drawnBy !== null)).toEqual([
      { ...drawn, id: expect.not.stringContaining(drawn.id), analysisId: next.id, measurementId: 'length' },
    ]);
    const regions = next.findings.filter(({ drawnBy }) => drawnBy === null);
    expect(regions.map(({ decision, comment }) => [decision, comment])).toEqual(findings.map(() => ['open', '']));
  });

  it('reports what was accepted, never what was rejected, and nothing changes after the signature', async () => {
    const calibration = await calibrateReferenceSet(station, request(referenceSetId), testJob());
    await analyseStudy(station, { studyInstanceUid: study, calibrationId: calibration.id }, testJob());
    const [brighter, darker] = openLatestAnalysis(station.store, study)?.findings ?? [];
    if (!brighter || !darker) throw new Error('two findings were expected');
    decide(station, { findingId: brighter.id, decision: 'rejected', comment: 'Marker <b>artefact</b>' });
    const accepted = decide(station, { findingId: darker.id, decision: 'accepted', comment: 'Dense & <real>' });
    expect(accepted).toMatchObject({ decision: 'accepted', decidedBy: 'tester' });
    saveReport(station, { studyInstanceUid: study, indication: 'Test', impression: 'One\n\nTwo' });

    const path = join(freshFolder(), 'report.pdf');
    await exportReportPdf(station, study, path);
    expect(readFileSync(path, 'utf8')).toContain('%PDF');
    const [draft] = printed;
    expect(draft?.html).toContain('has not been signed');
    expect(draft?.html).toMatch(/One<\/p><p[^>]*>Two/);
    expect(draft?.html).not.toContain('Dense');

    signReport(station, study);
    await exportReportPdf(station, study, path);
    const signed = printed[1];
    expect(signed?.html).toContain('Signed by <b>tester</b>');
    expect(signed?.html).toContain('1 finding was accepted');
    expect(signed?.html).toContain('Dense &amp; &lt;real&gt;');
    expect(signed?.html).not.toContain('artefact');
    expect(signed?.html).not.toContain(brighter.peakScore.toFixed(3));
    expect(signed?.html).toContain(calibration.modelSha256);
    for (const { footer, html } of printed) {
      expect(footer).toContain('Not for diagnostic use');
      expect(footer).toContain('pageNumber');
      expect(html).not.toMatch(/<script|javascript:|https?:/);
    }
    const notAllowed = expect.objectContaining({ code: 'not-allowed' });
    expect(() => signReport(station, study)).toThrowError(notAllowed);
    expect(() => saveReport(station, { studyInstanceUid: study, indication: '', impression: '' })).toThrowError(
      notAllowed,
    );
    expect(() => decide(station, { findingId: darker.id, decision: 'open', comment: '' })).toThrowError(notAllowed);
    await expect(
      analyseStudy(station, { studyInstanceUid: study, calibrationId: calibration.id }, testJob()),
    ).rejects.toThrowError(notAllowed);
    expect(openReport(station, study)).toMatchObject({ state: 'signed', impression: 'One\n\nTwo' });
    expect(listWorklist(station.store.db, []).find((row) => row.studyInstanceUid === study)?.state).toBe('reported');
  });

  it('reports in German where it was signed in German, or is a draft of a German window', async () => {
    const calibration = await calibrateReferenceSet(station, request(referenceSetId), testJob());
    await analyseStudy(station, { studyInstanceUid: study, calibrationId: calibration.id }, testJob());
    const [finding] = openLatestAnalysis(station.store, study)?.findings ?? [];
    decide(station, { findingId: finding!.id, decision: 'accepted', comment: '' });
    const path = join(freshFolder(), 'report.pdf');
    await exportReportPdf(station, study, path, 'de');
    signReport(station, study, 'de');
    await exportReportPdf(station, study, path, 'en');
    const [draft, signed] = printed;
    expect(draft?.html).toContain('Dieser Entwurf wurde nicht signiert');
    expect(signed?.html).toContain('<html lang="de">');
    for (const words of ['1 Fund wurde angenommen', 'Signiert von <b>tester</b>', 'Wie das entstanden ist'])
      expect(signed?.html).toContain(words);
    expect(signed?.html).toMatch(/<figcaption>Serie \d+, Bild \d+ von \d+<\/figcaption>/);
    expect(signed?.html).toContain(`<td>${finding!.peakScore.toFixed(3).replace('.', ',')}</td>`);
    for (const { html, footer } of [draft!, signed!]) {
      expect(footer).toContain('Nicht für die Diagnostik');
      const said = `${html} ${footer}`.replace(/<style>.*?<\/style>|<[^>]+>/gs, ' ');
      expect(said.match(/\b(findings?|images?|diagnostic|signed|page|series|threshold|made)\b/gi)).toBeNull();
    }
  });

  it('leaves a trail of every act, without names', async () => {
    const calibration = await calibrateReferenceSet(station, request(referenceSetId), testJob());
    await analyseStudy(station, { studyInstanceUid: study, calibrationId: calibration.id }, testJob());
    const [finding] = openLatestAnalysis(station.store, study)?.findings ?? [];
    decide(station, { findingId: finding?.id ?? '', decision: 'accepted', comment: 'secret words' });
    signReport(station, study);
    await expect(exportReportPdf(station, study, '/no/such/folder/report.pdf')).rejects.toThrow();
    const trail = listAudit(station.store.db);
    expect(trail.map(({ action }) => action)).toEqual([
      'import',
      'reference-set.create',
      'import',
      'calibration.create',
      'analysis.create',
      'finding.decide',
      'report.sign',
      'report.export',
    ]);
    expect(trail.at(-1)?.outcome).toBe('failure');
    expect(JSON.stringify(trail)).not.toContain('secret words');
    expect(verifyAudit(station.store.db, station.store.folder)).toMatchObject({ ok: true });
  });

  it('leaves no half of a PDF where it cannot be written', async () => {
    const path = join(freshFolder(), 'missing', 'report.pdf');
    await expect(exportReportPdf(station, study, path)).rejects.toMatchObject({ code: 'not-found' });
    expect(existsSync(path)).toBe(false);
  });
});
