/** The contract over made-up data in memory, for looking at the window without its main process. */
import type { FaultCode } from '../../preload/contract/faults.ts';
import type {
  Analysis,
  CalibrationRow,
  ConfirmedCase,
  Finding,
  FrameRef,
  FrameRow,
  JobKind,
  JobStatus,
  ReferenceSet,
  Report,
  StudyDetail,
  StudyRow,
} from '../../preload/contract/model.ts';
import type {
  CallArguments,
  CallName,
  CallResults,
  Events,
  WorkstationBridge,
} from '../../preload/contract/workstation.ts';
import { frameKey } from '../images/frame-key.ts';
import { madeUpEvidence } from './evidence.ts';
import { mapOf, type Picture, pixelsOf, type Spot, thumbnailOf } from './pictures.ts';

class Refusal extends Error {
  readonly code: FaultCode;
  constructor(code: FaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

type Handlers = {
  [Name in CallName]: (...args: CallArguments<Name>) => Promise<CallResults[Name]> | CallResults[Name];
};
type Listeners = { [Name in keyof Events]: Set<(event: Events[Name]) => void> };

const user = 'Dr. Dev';
const now = () => new Date().toISOString();
const modelSha256 = '5be1e0f2a17b3c9d8e4f60718293a4b5c6d7e8f9a0b1c2d3e4f5061728394a5b';

interface Case {
  readonly name: string;
  readonly id: string;
  readonly date: string;
  readonly modality: string;
  readonly bodyPart: string;
  readonly description: string;
  readonly kind: Picture['kind'];
  readonly slices: number;
  readonly spot: Spot | null;
}

const cases: readonly Case[] = [
  ...Array.from({ length: 8 }, (_, index): Case => {
    return {
      name: `Normal^Nora^${'ABCDEFGH'[index]}`,
      id: `N-${100 + index}`,
      date: `2026010${1 + index}`,
      modality: 'CT',
      bodyPart: 'HEAD',
      description: 'CT head without contrast',
      kind: 'head',
      slices: 5,
      spot: null,
    };
  }),
  {
    name: 'Fiction^Felix',
    id: 'F-201',
    date: '20260212',
    modality: 'CT',
    bodyPart: 'HEAD',
    description: 'CT head without contrast',
    kind: 'head',
    slices: 24,
    spot: { x: 0.6, y: 0.4, radius: 0.05 },
  },
  {
    name: 'Muster^Mara=図案^摩良',
    id: 'M-330',
    date: '20260115',
    modality: 'MR',
    bodyPart: 'KNEE',
    description: 'MR knee sagittal PD',
    kind: 'knee',
    slices: 12,
    spot: { x: 0.55, y: 0.25, radius: 0.06 },
  },
  {
    name: 'Probe^Paula',
    id: 'P-7',
    date: '20251230',
    modality: 'DX',
    bodyPart: 'CHEST',
    description: 'Chest PA',
    kind: 'chest',
    slices: 1,
    spot: { x: 0.36, y: 0.55, radius: 0.05 },
  },
  {
    name: 'Corners^Test',
    id: 'T-0',
    date: '20200101',
    modality: 'OT',
    bodyPart: '',
    description: 'Two bright corners, in several forms',
    kind: 'corners',
    slices: 5,
    spot: null,
  },
];

/** What a stack may mix: turned grey values, colour, oblong pixels, another size. */
const forms: readonly {
  readonly photometricInterpretation: Picture['photometricInterpretation'];
  readonly pixelSpacing: readonly [number, number];
  readonly rows: number;
}[] = [
  { photometricInterpretation: 'MONOCHROME2', pixelSpacing: [1, 1], rows: 60 },
  { photometricInterpretation: 'MONOCHROME1', pixelSpacing: [1, 1], rows: 60 },
  { photometricInterpretation: 'RGB', pixelSpacing: [1, 1], rows: 60 },
  { photometricInterpretation: 'MONOCHROME2', pixelSpacing: [2, 1], rows: 60 },
  { photometricInterpretation: 'MONOCHROME2', pixelSpacing: [1, 1], rows: 90 },
];
/** The picture of the knee that cannot be read. */
const damagedSlice = 5;

interface Stored {
  study: StudyRow;
  readonly detail: StudyDetail;
  readonly pictures: ReadonlyMap<string, Picture>;
}

function store(one: Case, number: number): Stored {
  const uid = `1.2.826.0.1.3680043.10.1.${number}`;
  const side = one.kind === 'chest' ? [640, 512] : one.kind === 'corners' ? [60, 100] : [256, 256];
  const pixelSpacing: readonly [number, number] | null =
    one.kind === 'corners' ? [1, 1] : one.kind === 'chest' ? null : [0.9, 0.9];
  const frames: FrameRow[] = [];
  const pictures = new Map<string, Picture>();
  for (let slice = 0; slice < one.slices; slice++) {
    const form = one.kind === 'corners' ? forms[slice] : undefined;
    const frame: FrameRow = {
      sopInstanceUid: `${uid}.${slice + 1}`,
      frame: 0,
      rows: form?.rows ?? side[0]!,
      columns: side[1]!,
      instanceNumber: slice + 1,
      pixelSpacing: form?.pixelSpacing ?? pixelSpacing,
      slicePosition: one.slices > 1 ? -60 + slice * 5 : null,
      imageOrientation: one.kind === 'head' ? [1, 0, 0, 0, 1, 0] : one.kind === 'knee' ? [0, 1, 0, 0, 0, -1] : null,
      lossy: one.kind === 'chest',
    };
    const spotted = one.spot !== null && Math.abs(slice - Math.floor(one.slices / 2)) <= 2;
    frames.push(frame);
    pictures.set(frameKey(frame), {
      kind: one.kind,
      rows: frame.rows,
      columns: frame.columns,
      pixelSpacing: frame.pixelSpacing,
      photometricInterpretation: form?.photometricInterpretation ?? 'MONOCHROME2',
      depth: one.slices > 1 ? slice / (one.slices - 1) : 0.5,
      spot: spotted ? one.spot : null,
    });
  }
  const study: StudyRow = {
    studyInstanceUid: uid,
    patientName: one.name,
    patientId: one.id,
    patientBirthDate: '19700517',
    patientSex: number % 2 ? 'F' : 'M',
    studyDate: one.date,
    studyTime: '101500',
    studyDescription: one.description,
    accessionNumber: '',
    modalities: [one.modality],
    bodyParts: one.bodyPart ? [one.bodyPart] : [],
    seriesCount: 1,
    frameCount: one.slices,
    importedAt: now(),
    state: 'new',
    highestScore: null,
    lowestPValue: null,
    flaggedFrames: 0,
  };
  const series = {
    seriesInstanceUid: `${uid}.0`,
    seriesNumber: 1,
    modality: one.modality,
    bodyPart: one.bodyPart,
    description: one.kind === 'head' ? 'Axial 5 mm' : '',
    manufacturer: 'Phantom',
    frames,
    remarks: one.kind === 'knee' ? ['Two slices are missing between 7 and 8.'] : [],
  };
  return { study, detail: { study, series: [series] }, pictures };
}

/** A new store each time; `empty` starts as a fresh installation does. */
export function memoryBridge({ empty }: { empty: boolean }): WorkstationBridge {
  const studies = new Map<string, Stored>();
  const referenceSets: ReferenceSet[] = [];
  const calibrations: CalibrationRow[] = [];
  let confirmed: readonly ConfirmedCase[] = [];
  const analyses = new Map<string, Analysis>();
  const reports = new Map<string, Report>();
  const jobs = new Map<string, JobStatus>();
  const cancelled = new Set<string>();
  const listeners: Listeners = { 'job.changed': new Set(), 'data.changed': new Set() };

  const tell = <Name extends keyof Events>(name: Name, event: Events[Name]) => {
    for (const listener of listeners[name]) listener(event);
  };
  const pause = (ms: number) => new Promise((go) => setTimeout(go, ms));
  const pictureOf = (ref: FrameRef) => {
    const key = frameKey(ref);
    for (const { pictures } of studies.values()) {
      const picture = pictures.get(key);
      if (picture) return picture;
    }
    throw new Refusal('not-found', 'The image is no longer in the store. Import it again.');
  };
  const studyOf = (uid: string) => {
    const study = studies.get(uid);
    if (!study) throw new Refusal('not-found', 'The study is no longer in the store. Import it again.');
    return study;
  };

  function importCases(): void {
    cases.forEach((one, index) => {
      const stored = store(one, index + 1);
      studies.set(stored.study.studyInstanceUid, stored);
    });
    tell('data.changed', { what: 'studies' });
  }

  /** Runs an act in steps, as main's jobs do. */
  function startJob(
    kind: JobKind,
    title: string,
    total: number,
    unit: string,
    subject: string | null,
    stepMs: number,
    finish: () => { summary: string; subject: string },
  ): string {
    const id = `job-${jobs.size + 1}`;
    const startedAt = now();
    const begun = performance.now();
    const put = (change: Partial<JobStatus>) => {
      const before = jobs.get(id);
      const base: JobStatus = before ?? {
        id,
        kind,
        title,
        state: 'running',
        progress: { done: 0, total, unit, note: '' },
        startedAt,
        secondsElapsed: 0,
        secondsLeft: null,
        fault: null,
        summary: null,
        subject,
      };
      const job = { ...base, ...change, secondsElapsed: (performance.now() - begun) / 1000 };
      jobs.set(id, job);
      tell('job.changed', job);
    };
    put({});
    void (async () => {
      const lossTrace: number[] = [];
      for (let done = 1; done <= total; done++) {
        await pause(stepMs);
        if (cancelled.has(id)) return put({ state: 'cancelled', secondsLeft: null });
        lossTrace.push(0.35 + 1.1 * Math.exp(-done / 35) + 0.03 * Math.sin(done * 1.7));
        const secondsLeft = ((total - done) * stepMs) / 1000;
        put({
          progress: {
            done,
            total,
            unit,
            note: '',
            ...(kind === 'calibrate' ? { lossTrace: [...lossTrace] } : {}),
          },
          secondsLeft: done > 3 ? secondsLeft : null,
        });
      }
      put({ state: 'done', secondsLeft: null, ...finish() });
    })();
    return id;
  }

  function changeCalibrations(id: string, change: (row: CalibrationRow) => CalibrationRow): CalibrationRow {
    calibrations.forEach((row, index) => {
      calibrations[index] = change(row);
    });
    tell('data.changed', { what: 'calibrations' });
    return calibrations.find((row) => row.id === id)!;
  }

  function analyse(uid: string, calibration: CalibrationRow): { summary: string; subject: string } {
    const stored = studyOf(uid);
    const frames = stored.detail.series.flatMap((series) => series.frames);
    const id = `analysis-${uid}-${analyses.size}`;
    const findings: Finding[] = [];
    const results = frames.map((frame, index) => {
      const picture = pictureOf(frame);
      const score = mapOf(picture, index).data.reduce((most, value) => Math.max(most, value), 0);
      const flagged = score >= calibration.threshold;
      if (flagged && picture.spot) {
        const { x, y, radius } = picture.spot;
        const outline = Array.from({ length: 48 }, (_, step) => {
          const angle = (2 * Math.PI * step) / 48;
          return [
            (x + 1.05 * radius * Math.cos(angle)) * frame.columns,
            (y + 1.05 * radius * Math.sin(angle)) * frame.rows,
          ];
        }).flat();
        const spacing = frame.pixelSpacing?.[0] ?? null;
        const diameter = 2.1 * radius * frame.columns;
        findings.push({
          id: `finding-${id}-${index}`,
          analysisId: id,
          sopInstanceUid: frame.sopInstanceUid,
          frame: frame.frame,
          box: [
            (x - 1.05 * radius) * frame.columns,
            (y - 1.05 * radius) * frame.rows,
            diameter,
            2.1 * radius * frame.rows,
          ],
          outline,
          peakScore: score,
          pValue: 1 / 21,
          areaMm2: spacing === null ? null : (Math.PI * (diameter * spacing) ** 2) / 4,
          longestDiameterMm: spacing === null ? null : diameter * spacing,
          decision: 'open',
          comment: '',
          decidedBy: null,
          decidedAt: null,
        });
      }
      return {
        sopInstanceUid: frame.sopInstanceUid,
        frame: frame.frame,
        score,
        pValue: flagged ? 1 / 21 : 0.4,
        flagged,
      };
    });
    analyses.set(uid, {
      id,
      studyInstanceUid: uid,
      calibration,
      provider: 'cpu',
      createdAt: now(),
      seconds: 3.2,
      frames: results,
      findings,
    });
    const flaggedFrames = results.filter(({ flagged }) => flagged).length;
    stored.study = {
      ...stored.study,
      state: 'analysed',
      highestScore: Math.max(...results.map(({ score }) => score)),
      flaggedFrames,
    };
    tell('data.changed', { what: 'studies' });
    tell('data.changed', { what: 'analyses' });
    return { summary: `${flaggedFrames} of ${results.length} images are flagged.`, subject: uid };
  }

  const handlers: Handlers = {
    'app.about': () => ({
      appVersion: '0.1.0',
      electron: '–',
      chromium: navigator.userAgent.match(/Chrome\/([\d.]+)/)?.[1] ?? '–',
      node: '–',
      onnxruntime: '–',
      dataFolder: 'in memory',
      user,
      models: handlers['models.list']() as Awaited<ReturnType<(typeof handlers)['models.list']>>,
    }),
    'app.openDataFolder': () => undefined,
    'jobs.list': () => [...jobs.values()],
    'jobs.cancel': (id) => void cancelled.add(id),
    'jobs.pause': (id) => void cancelled.add(id),
    'studies.list': () => [...studies.values()].map(({ study }) => study),
    'studies.open': (uid) => ({ ...studyOf(uid).detail, study: studyOf(uid).study }),
    'studies.chooseAndImport': () => {
      throw new Refusal('bad-file', 'notes.dcm is a text file, not a DICOM image. Choose the images themselves.');
    },
    'studies.importPaths': () => handlers['studies.importDemo']() as string,
    'studies.importDemo': () =>
      startJob('demo', 'Making the demo studies', 20, 'images', null, 80, () => {
        importCases();
        return { summary: `${cases.length} demo studies are ready.`, subject: '' };
      }),
    'studies.skippedFiles': () => [{ path: 'scans/readme.txt', reason: 'It is a text file.' }],
    'images.pixels': async (ref) => {
      await pause(15);
      if (pictureOf(ref).kind === 'knee' && ref.sopInstanceUid.endsWith(`.${damagedSlice}`))
        throw new Refusal('bad-pixels', 'The pixels end after 12 of 256 rows: the file was cut off. Import it again.');
      return pixelsOf(pictureOf(ref), ref.sopInstanceUid.length);
    },
    'images.thumbnail': (ref) => thumbnailOf(pictureOf(ref), ref.sopInstanceUid.length),
    'referenceSets.list': () => referenceSets,
    'referenceSets.create': ({ name, frames, basedOn }) => {
      const id = `set-${referenceSets.length}`;
      const lineage = referenceSets.find((set) => set.id === basedOn)?.lineage ?? id;
      const set: ReferenceSet = {
        id,
        name,
        lineage,
        version: 1 + referenceSets.filter((one) => one.lineage === lineage).length,
        frames,
        confirmedBy: user,
        createdAt: now(),
      };
      referenceSets.push(set);
      tell('data.changed', { what: 'referenceSets' });
      return set;
    },
    'models.list': () => [
      {
        name: 'embedded',
        source: 'embedded',
        family: 'clip-small',
        imageSize: 224,
        patch: 16,
        embedDim: 256,
        layersOut: [4, 8, 12],
        sha256: modelSha256,
        bytes: 24_000_000,
        licence: 'Apache-2.0',
        own: true,
      },
    ],
    'models.unusable': () => [],
    'models.choose': () => null,
    'models.import': () => '',
    'models.verify': () => '',
    'models.export': () => null,
    'models.remove': () => undefined,
    'calibrations.list': () => calibrations,
    'calibrations.methodSettings': (preset) => ({
      mixture: {
        'cut-paste': 0.25,
        'gauss-intensity': 0.25,
        'smooth-intensity': 0,
        source: 0.25,
        sink: 0,
        identity: 0.25,
      },
      phrasePosition: 'end',
      sharedContext: false,
      textAttention: preset === 'parity' ? 'full' : 'causal',
      phrases: { normal: ['normal', 'healthy'], abnormal: ['abnormal', 'lesion'] },
    }),
    'calibrations.start': (request) => {
      const set = referenceSets.find(({ id }) => id === request.referenceSetId);
      if (!set) throw new Refusal('not-found', 'The reference set is no longer there. Choose another one.');
      return startJob('calibrate', `Calibrating ${request.name}`, 120, 'steps', null, 50, () => {
        const id = `calibration-${calibrations.length + 1}`;
        calibrations.push({
          id,
          name: request.name,
          referenceSetId: set.id,
          referenceSetName: set.name,
          referenceSetVersion: set.version,
          modelName: request.modelName,
          modelSha256,
          preset: request.preset,
          shots: request.shots,
          heldOut: set.frames.length - request.shots,
          setAside: 0,
          seed: request.seed,
          steps: 120,
          seconds: 6,
          lossTrace: Array.from({ length: 120 }, (_, step) => 0.35 + 1.1 * Math.exp(-step / 35)),
          threshold: 0.55,
          toleratedShare: request.toleratedShare,
          ...(request.scope ?? { modality: 'CT', bodyPart: 'HEAD', view: 'AXIAL', scanner: '' }),
          provider: 'cpu',
          appVersion: '0.1.0',
          createdAt: now(),
          createdBy: user,
          active: calibrations.length === 0,
          retiredAt: null,
          origin: '',
        });
        tell('data.changed', { what: 'calibrations' });
        return { summary: `${request.name} is ready.`, subject: id };
      });
    },
    'calibrations.unfinished': () => [],
    'calibrations.resume': () => {
      throw new Refusal('not-found', 'This calibration is finished.');
    },
    'calibrations.discard': () => undefined,
    'calibrations.activate': (id) => changeCalibrations(id, (row) => ({ ...row, active: row.id === id })),
    'calibrations.rollBack': (id) => {
      const other = calibrations.find((row) => row.id !== id);
      if (!other) throw new Refusal('not-found', 'No other calibration of this kind was active before.');
      return changeCalibrations(other.id, (row) => ({ ...row, active: row.id === other.id }));
    },
    'calibrations.retire': (id) =>
      changeCalibrations(id, (row) => (row.id === id ? { ...row, active: false, retiredAt: now() } : row)),
    'calibrations.amend': ({ id, ...change }) =>
      changeCalibrations(id, (row) => (row.id === id ? { ...row, ...change } : row)),
    'calibrations.evidence': (id, toleratedShare) => {
      const row = calibrations.find((one) => one.id === id)!;
      const set = referenceSets.find((one) => one.id === row.referenceSetId);
      return madeUpEvidence(set?.frames ?? [], toleratedShare ?? row.toleratedShare);
    },
    'calibrations.scopes': () => [
      { modality: 'CT', bodyPart: 'HEAD', view: 'AXIAL', scanner: 'Phantom', images: 64, patients: 9 },
      { modality: 'MR', bodyPart: 'KNEE', view: 'SAGITTAL', scanner: 'Phantom', images: 12, patients: 1 },
    ],
    'cases.list': () => confirmed,
    'cases.confirm': (ref, note) => {
      confirmed = [...confirmed, { ...ref, note, confirmedBy: user, confirmedAt: now() }];
      return confirmed;
    },
    'cases.withdraw': (ref) => {
      confirmed = confirmed.filter((one) => frameKey(one) !== frameKey(ref));
      return confirmed;
    },
    'analyses.start': ({ studyInstanceUid, calibrationId }) => {
      const calibration = calibrations.find(({ id }) => id === calibrationId)!;
      const stored = studyOf(studyInstanceUid);
      const { frameCount } = stored.study;
      return startJob('analyse', 'Analysing a study', frameCount, 'images', studyInstanceUid, 120, () =>
        analyse(studyInstanceUid, calibration),
      );
    },
    'analyses.latest': (uid) => analyses.get(uid) ?? null,
    'analyses.map': async (_id, ref) => {
      await pause(10);
      return mapOf(pictureOf(ref), 0);
    },
    'findings.decide': ({ findingId, decision, comment }) => {
      for (const [uid, analysis] of analyses) {
        const finding = analysis.findings.find(({ id }) => id === findingId);
        if (!finding) continue;
        const decided = { ...finding, decision, comment, decidedBy: user, decidedAt: now() };
        const findings = analysis.findings.map((other) => (other.id === findingId ? decided : other));
        analyses.set(uid, { ...analysis, findings });
        return decided;
      }
      throw new Refusal('not-found', 'The finding belongs to an older analysis. Open the study again.');
    },
    'findings.nearestNormals': ({ findingId }) => {
      for (const { calibration, findings } of analyses.values()) {
        const finding = findings.find(({ id }) => id === findingId);
        if (!finding) continue;
        const { frames } = referenceSets.find(({ id }) => id === calibration.referenceSetId)!;
        const near = frames.slice(0, 6).map((ref, i) => ({ ...ref, box: finding.box, distance: 0.1 + 0.02 * i }));
        return { box: finding.box, normals: near };
      }
      throw new Refusal('not-found', 'The finding belongs to an older analysis. Open the study again.');
    },
    'reports.get': (uid) =>
      reports.get(uid) ?? {
        studyInstanceUid: uid,
        indication: '',
        impression: '',
        state: 'draft',
        signedBy: null,
        signedAt: null,
        addenda: [],
        updatedAt: now(),
      },
    'reports.save': ({ studyInstanceUid, indication, impression }) => {
      const before = reports.get(studyInstanceUid);
      if (before?.state === 'signed') throw new Refusal('not-allowed', 'The report is signed and cannot be changed.');
      const report: Report = {
        studyInstanceUid,
        indication,
        impression,
        state: 'draft',
        signedBy: null,
        signedAt: null,
        addenda: [],
        updatedAt: now(),
      };
      reports.set(studyInstanceUid, report);
      return report;
    },
    'reports.sign': (uid) => {
      const report: Report = {
        ...(reports.get(uid) as Report),
        state: 'signed',
        signedBy: user,
        signedAt: now(),
      };
      reports.set(uid, report);
      const stored = studyOf(uid);
      stored.study = { ...stored.study, state: 'reported' };
      tell('data.changed', { what: 'studies' });
      tell('data.changed', { what: 'reports' });
      return report;
    },
    'reports.exportPdf': () => 'reports/fiction-felix.pdf',
  };

  if (!empty) importCases();
  return {
    async call(name, ...args) {
      try {
        const handler = handlers[name] as (...given: unknown[]) => Promise<CallResults[typeof name]>;
        return { ok: true, value: await handler(...structuredClone(args)) };
      } catch (error) {
        if (error instanceof Refusal) return { ok: false, fault: { code: error.code, message: error.message } };
        throw error;
      }
    },
    on(name, listener) {
      listeners[name].add(listener);
      return () => listeners[name].delete(listener);
    },
    pathOfDroppedFile: (file) => file.name,
  };
}
