/**
 * The one contract between the window and the main process. Each call has a name, a zod schema for its arguments (checked
 * in main before anything happens) and a result type. Both sides import this file.
 */
import { z } from 'zod';
import type { FaultRecord } from './faults.ts';
import type {
  About,
  Analysis,
  AnalysisLoss,
  Annotation,
  AnomalyMap,
  BeforeAfter,
  CalibrationChoice,
  CalibrationEvidence,
  CalibrationFacts,
  CalibrationRow,
  CheckedImage,
  ConfirmedCase,
  DrawPlan,
  Drift,
  Finding,
  FramePixels,
  FrameRef,
  JobStatus,
  MethodSettings,
  ModelRow,
  NearestNormals,
  NormalPeaks,
  PlaneMeasurement,
  ProviderReport,
  ReferenceSet,
  Report,
  Scope,
  SkippedFile,
  StoredKind,
  StudyDetail,
  StudyRow,
  SyntheticPreview,
  UnusableModel,
  VaultState,
  WorklistFound,
} from './model.ts';
import { anomalyTasks, mostNormals, mostShots, reportLanguages } from './model.ts';
import { type NetworkCallResults, networkCallArguments } from './pacs.ts';
import type { Policy } from './policy.ts';
import { type ReadingRoomResults, readingRoomArguments } from './reading-room.ts';

import {
  addendumRequestSchema,
  deidentifyRequestSchema,
  exportRequestSchema,
  type ImportedMask,
  type ImportedResult,
  type ReportedFinding,
} from './results.ts';

const uid = z.string().min(1).max(64);
const id = z.string().min(1).max(64);
const text = (longest: number) => z.string().max(longest);
const path = z.string().min(1).max(4096);
const frameRefSchema = z.strictObject({ sopInstanceUid: uid, frame: z.int().min(0) });
const presetSchema = z.enum(['parity', 'fast', 'default']);
const providerSchema = z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml']);

const phrasesSchema = z.array(text(200).min(1)).min(1).max(64).readonly();
const mixtureSchema = z.record(z.enum(anomalyTasks), z.number().min(0).max(1e6)).readonly();
export const methodSettingsSchema = z.strictObject({
  mixture: mixtureSchema,
  phrasePosition: z.enum(['end', 'middle', 'front']),
  sharedContext: z.boolean(),
  textAttention: z.enum(['full', 'causal']),
  phrases: z.strictObject({ normal: phrasesSchema, abnormal: phrasesSchema }).readonly(),
}) satisfies z.ZodType<MethodSettings>;

const scopeSchema = z.strictObject({
  modality: text(16),
  bodyPart: text(64),
  view: text(64),
  scanner: text(64),
  protocol: text(64),
});
const shareSchema = z.number().gt(0).lt(1);

export const calibrationRequestSchema = z.strictObject({
  name: text(120).min(1),
  referenceSetId: id,
  modelName: text(120).min(1),
  preset: presetSchema,
  provider: providerSchema,
  /** Normals to train on; the rest of the set is held out for the threshold. */
  shots: z.int().min(2).max(mostShots),
  seed: z.int().min(0).max(0xffffffff),
  /** Share of normals that may be flagged, e.g. 0.05. */
  toleratedShare: shareSchema,
  /** What differs from the preset's own settings of the method. */
  method: methodSettingsSchema.partial().optional(),
  /** What it is for; by default what the images have in common. */
  /** What it leaves out is as the images have it. */
  scope: scopeSchema.partial({ protocol: true }).optional(),
});
export type CalibrationRequest = z.infer<typeof calibrationRequestSchema>;

/** A calibration that was paused, or ended with the application: it can go on from its last checkpoint. */
export interface UnfinishedCalibration {
  readonly id: string;
  readonly request: CalibrationRequest;
  readonly referenceSetName: string;
  readonly startedAt: string;
  /** Training steps that need not be done again. */
  readonly stepsDone: number;
}

/** What a calibration's file says of itself before it is taken over. */
export interface CalibrationFileInfo extends Scope {
  readonly path: string;
  /** Of the key that it is signed with, as the workstation that made it shows it. */
  readonly fingerprint: string;
  /** Whether a person here has agreed to that key before. */
  readonly trusted: boolean;
  readonly name: string;
  readonly modelName: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly appVersion: string;
}

/** x0, y0, x1, y1, ... in pixels of a picture. */
const pointsSchema = z
  .array(z.number().min(-100_000).max(100_000))
  .min(2)
  .max(20_000)
  .refine((points) => points.length % 2 === 0, 'points come in pairs')
  .readonly();
const annotationSchema = z.strictObject({
  id,
  tool: z.enum(['length', 'angle', 'ellipse', 'rectangle', 'probe']),
  sopInstanceUid: uid,
  frame: z.int().min(0),
  points: pointsSchema,
}) satisfies z.ZodType<Annotation>;
const unitVector = z.tuple([z.number(), z.number(), z.number()]).readonly();
const planeMeasurementSchema = z.strictObject({
  id,
  tool: annotationSchema.shape.tool,
  seriesInstanceUid: uid,
  normal: unitVector,
  up: unitVector,
  points: z
    .array(z.number().min(-100_000).max(100_000))
    .min(3)
    .max(30)
    .refine((points) => points.length % 3 === 0, 'points come in threes')
    .readonly(),
}) satisfies z.ZodType<PlaneMeasurement>;

const dicomDate = z.string().regex(/^(\d{8})?$/);
/** Empty strings and false ask for nothing. */
export const worklistQuerySchema = z.strictObject({
  /** Every word must begin a word of the study: patient, id, description, accession number, modality, date. */
  text: text(200),
  /** The same, of the patient's name and id alone. */
  patient: text(200),
  /** YYYYMMDD, both included. */
  from: dicomDate,
  to: dicomDate,
  modality: text(16),
  state: z.enum(['', 'new', 'analysing', 'analysed', 'reported']),
  flagged: z.boolean(),
  unread: z.boolean(),
  orderBy: z.enum([
    'patient',
    'id',
    'description',
    'modality',
    'date',
    'images',
    'state',
    'score',
    'flagged',
    'imported',
  ]),
  descending: z.boolean(),
  /** Puts the other studies of a patient below the first one that was found. */
  priorsTogether: z.boolean(),
});
export type WorklistQuery = z.infer<typeof worklistQuerySchema>;

const pathsSchema = z.array(path).min(1).max(10_000);

/** See PhotoDetails. */
export const photoDetailsSchema = z.strictObject({
  patientName: text(64).min(1),
  patientId: text(64).min(1),
  patientBirthDate: z.string().regex(/^(\d{8})?$/),
  modality: z.enum(['XC', 'ES', 'OP', 'GM', 'DX', 'CT', 'MR', 'US', 'OT']),
  bodyPart: text(16),
  description: text(64),
});
export type PhotoModality = z.infer<typeof photoDetailsSchema>['modality'];

/** Arguments of every call, as tuples. */
export const callArguments = {
  'app.about': z.tuple([]),
  'app.policy': z.tuple([]),
  /** What of the policy cannot be kept here, as sentences. */
  'app.policyProblems': z.tuple([]),
  'app.openDataFolder': z.tuple([]),
  'app.licences': z.tuple([]),
  'app.offerTour': z.tuple([]),

  'vault.state': z.tuple([]),
  'vault.unlock': z.tuple([z.string().min(1).max(1000)]),
  'vault.lock': z.tuple([]),
  /** Minutes without anybody at the computer. */
  'vault.lockAfter': z.tuple([
    z
      .int()
      .min(1)
      .max(24 * 60),
  ]),

  /** The support bundle, to be read before it is saved. */
  'support.preview': z.tuple([]),
  /** Asks where to and saves what was shown; resolves to null where the person cancelled the dialog. */
  'support.save': z.tuple([text(5_000_000)]),

  ...networkCallArguments,
  ...readingRoomArguments,

  'jobs.list': z.tuple([]),
  'jobs.cancel': z.tuple([id]),
  /** Ends a calibration so that it can be resumed; its job then is `paused`. */
  'jobs.pause': z.tuple([id]),

  'studies.list': z.tuple([]),
  'studies.find': z.tuple([worklistQuerySchema]),
  /** Rows of the studies named, in their order; those that are gone are left out. */
  'studies.rows': z.tuple([z.array(uid).max(500)]),
  /** Also notes that this reader has seen it. */
  'studies.open': z.tuple([uid]),
  /** The other studies of its patient, the newest first. */
  'studies.priors': z.tuple([uid]),
  /** For good; refused where a signed report, a result or a reference set needs it. */
  'studies.remove': z.tuple([uid]),
  /** Shows the operating system's dialog; resolves to null where the person cancelled it. */
  'studies.choosePaths': z.tuple([z.enum(['files', 'folder'])]),
  /** How many photographs are among the files, by their names: they lack what the form then asks for. */
  'studies.countPhotos': z.tuple([pathsSchema]),
  'studies.importPaths': z.tuple([pathsSchema, photoDetailsSchema.nullable()]),
  'studies.importDemo': z.tuple([]),
  'studies.skippedFiles': z.tuple([id]),

  'images.pixels': z.tuple([frameRefSchema]),
  /** A PNG of at most 160 pixels a side, windowed as the model sees it. */
  'images.thumbnail': z.tuple([frameRefSchema]),

  'referenceSets.list': z.tuple([]),
  'referenceSets.create': z.tuple([
    z.strictObject({
      name: text(120).min(1),
      frames: z.array(frameRefSchema).min(1).max(mostNormals),
      /** A set of which this is the next version. */
      basedOn: id.optional(),
    }),
  ]),

  /** Asks for a folder and writes de-identified copies; resolves to the job, or null where the dialog was cancelled. */
  'referenceSets.export': z.tuple([id]),
  /** Asks for a folder that holds an exported set; resolves to the job, or null where the dialog was cancelled. */
  'referenceSets.import': z.tuple([]),
  /** The images of a set with their studies. */
  'referenceSets.members': z.tuple([id]),
  /** Looks the images over before they are declared normal; resolves to the job's id. */
  'referenceSets.check': z.tuple([
    z.strictObject({
      frames: z.array(frameRefSchema).min(1).max(mostNormals),
      scope: scopeSchema,
      modelName: text(120).min(1),
      provider: providerSchema,
    }),
  ]),
  /** What a check that is done found. */
  'referenceSets.checked': z.tuple([id]),
  /** One synthetic anomaly in each image, drawn from the mixture with the seed. */
  'referenceSets.preview': z.tuple([
    z.strictObject({
      frames: z.array(frameRefSchema).min(1).max(24),
      mixture: mixtureSchema,
      seed: z.int().min(0).max(0xffffffff),
    }),
  ]),

  'models.list': z.tuple([]),
  'models.unusable': z.tuple([]),
  /** Shows the operating system's dialog; resolves to null where the person cancelled it. */
  'models.choose': z.tuple([z.enum(['file', 'folder'])]),
  /** Without a name the model gets the published one's or the file's. */
  'models.import': z.tuple([z.strictObject({ path, name: text(80).min(1).optional() })]),
  'models.verify': z.tuple([text(120).min(1)]),
  /** What is known of the execution providers on a model, without testing. */
  'providers.list': z.tuple([text(120).min(1)]),
  'providers.test': z.tuple([text(120).min(1)]),
  /** Asks where to and writes one `.mclip` file; resolves to null where the person cancelled the dialog. */
  'models.export': z.tuple([text(120).min(1)]),
  'models.remove': z.tuple([text(120).min(1)]),

  'calibrations.list': z.tuple([]),
  /** The settings of the method that a preset has of its own. */
  'calibrations.methodSettings': z.tuple([presetSchema]),
  'calibrations.start': z.tuple([calibrationRequestSchema]),
  /** How many normals a calibration of this kind would hold out. */
  'calibrations.plan': z.tuple([calibrationRequestSchema.pick({ referenceSetId: true, shots: true, seed: true })]),
  'calibrations.activate': z.tuple([id]),
  'calibrations.unfinished': z.tuple([]),
  /** Continues an unfinished calibration; resolves to the job's id. */
  'calibrations.resume': z.tuple([id]),
  'calibrations.discard': z.tuple([id]),
  /** Activates the calibration of the same scope that was active before this one. */
  'calibrations.rollBack': z.tuple([id]),
  'calibrations.retire': z.tuple([id]),
  /** Another name, or another share before an analysis was made with it. */
  'calibrations.amend': z.tuple([z.strictObject({ id, name: text(120).min(1), toleratedShare: shareSchema })]),
  /** At a tolerated share, the calibration's own where null; resolves to null where no evidence was kept. */
  'calibrations.evidence': z.tuple([id, shareSchema.nullable()]),
  'calibrations.drift': z.tuple([id]),
  /** Measures the same AUROC at random weights; the evidence then holds it. Resolves to the job's id. */
  'calibrations.measureNullBaseline': z.tuple([id]),
  /** Scores the same images with two calibrations; resolves to the job's id. */
  'calibrations.compare': z.tuple([z.strictObject({ before: id, after: id })]),
  /** What a comparison that is done found. */
  'calibrations.compared': z.tuple([id]),
  /** Of the key that this workstation signs calibrations with. */
  'calibrations.fingerprint': z.tuple([]),
  /** Asks where to and writes one signed file; resolves to the job, or null where the person cancelled the dialog. */
  'calibrations.export': z.tuple([id]),
  /** Asks for a file and says what it holds; resolves to null where the person cancelled the dialog. */
  'calibrations.chooseFile': z.tuple([]),
  'calibrations.facts': z.tuple([id]),
  /** Asks where to and writes the evaluation card as PDF; resolves to null where the person cancelled the dialog. */
  'calibrations.exportCard': z.tuple([id, z.enum(reportLanguages)]),
  /** `fingerprint`: of the key that the person has agreed to. Resolves to the job's id. */
  'calibrations.import': z.tuple([z.strictObject({ path, fingerprint: text(64) })]),
  /** The kinds of images that are stored. */
  'calibrations.scopes': z.tuple([]),

  /** Images that a person confirmed as abnormal; each call resolves to all of them. */
  'cases.list': z.tuple([]),
  'cases.confirm': z.tuple([frameRefSchema, text(2000)]),
  'cases.withdraw': z.tuple([frameRefSchema]),

  /** Highest points of the maps of a calibration's held-out normals, ascending; what p-values of findings count. */
  'calibrations.normalPeaks': z.tuple([id]),

  /** Which calibration a study is to be analysed with. */
  'analyses.choice': z.tuple([uid]),
  /** Why a study lies outside of what a calibration was made for; '' where it lies within. */
  'analyses.misfit': z.tuple([z.strictObject({ studyInstanceUid: uid, calibrationId: id })]),
  /** `knowingly` where a person was told that the study lies outside of what the calibration was made for. */
  'analyses.start': z.tuple([
    z.strictObject({
      studyInstanceUid: uid,
      calibrationId: id,
      knowingly: z.boolean().optional(),
      /** The image on the screen: those around it are analysed first. */
      around: frameRefSchema.optional(),
      /** Where a person was told what is lost. */
      discarding: z.boolean().optional(),
    }),
  ]),
  /** What a reader said on the newest analysis that another one would not know; what was drawn by hand is kept. */
  'analyses.loss': z.tuple([uid]),
  /** The newest analysis of a study; null before one. */
  'analyses.latest': z.tuple([uid]),
  /** What one that runs has found so far, without findings; null where none runs. */
  'analyses.running': z.tuple([uid]),
  'analyses.map': z.tuple([id, frameRefSchema]),

  'findings.decide': z.tuple([
    z.strictObject({ findingId: id, decision: z.enum(['open', 'accepted', 'rejected']), comment: text(2000) }),
  ]),
  /** Adds an outline that the reader drew, as an accepted finding; with its `id` one that was taken back before. */
  'findings.add': z.tuple([
    z.strictObject({
      analysisId: id,
      frame: frameRefSchema,
      outline: pointsSchema,
      comment: text(2000),
      id: z.uuid().optional(),
    }),
  ]),
  /** Gives a finding another outline. */
  'findings.reshape': z.tuple([z.strictObject({ findingId: id, outline: pointsSchema })]),
  /** Lets an annotation measure a finding, or none. */
  'findings.link': z.tuple([z.strictObject({ findingId: id, measurementId: id.nullable() })]),
  /** Takes a finding back that the reader drew. */
  'findings.remove': z.tuple([id]),

  'annotations.list': z.tuple([uid]),
  /** Adds an annotation, or replaces the one with its id. `measures`: findings that it measures again when it comes back. */
  'annotations.put': z.tuple([
    z.strictObject({
      studyInstanceUid: uid,
      annotation: annotationSchema,
      measures: z.array(id).max(1000).optional(),
    }),
  ]),
  /** Resolves to the findings that it measured. */
  'annotations.remove': z.tuple([id]),
  /** The same in planes that were computed from a series. */
  'annotations.listInPlanes': z.tuple([uid]),
  'annotations.putInPlane': z.tuple([z.strictObject({ studyInstanceUid: uid, measurement: planeMeasurementSchema })]),
  'annotations.removeInPlane': z.tuple([id]),

  /** What a finding was compared with. */
  'findings.nearestNormals': z.tuple([z.strictObject({ findingId: id })]),

  'reports.get': z.tuple([uid]),
  'reports.save': z.tuple([
    z.strictObject({
      studyInstanceUid: uid,
      indication: text(20_000).optional(),
      technique: text(20_000).optional(),
      findings: text(20_000).optional(),
      impression: text(20_000).optional(),
    }),
  ]),
  /** Accepted findings as sentences: as they were signed, else as they would be now. */
  'reports.sentences': z.tuple([uid, z.enum(reportLanguages)]),
  /** Closes the report, its sentences in the language that is given. */
  'reports.sign': z.tuple([uid, z.enum(reportLanguages)]),
  /** Asks where to and writes the PDF; resolves to null where the person cancelled the dialog. */
  'reports.exportPdf': z.tuple([uid, z.enum(reportLanguages)]),
  /** Shows the system's print dialog; resolves to false where the person cancelled it. */
  'reports.print': z.tuple([uid, z.enum(reportLanguages)]),
  /** Signs an addendum; what left for network nodes before is replaced there in the background. */
  'reports.addendum': z.tuple([addendumRequestSchema]),
  /** The name below signatures: of the reader's profile, else of the operating system's user. */
  'reader.name': z.tuple([]),
  'reader.setName': z.tuple([text(64).min(1)]),

  /** Asks for a folder where it needs one; resolves to the job, or null where the person cancelled the dialog. */
  'results.export': z.tuple([exportRequestSchema]),
  /** Asks where to; resolves to the job that writes de-identified copies, or null where the person cancelled. */
  'studies.deidentify': z.tuple([deidentifyRequestSchema]),
  /** Names of the nodes that results can be sent to. */
  'results.nodes': z.tuple([]),
  /** What was imported beside a study's images. */
  'results.imported': z.tuple([uid]),
  /** One map of an imported result. */
  'results.importedMap': z.tuple([uid, frameRefSchema]),
  /** The pixels of an image that an imported Segmentation covers: 0 or 1, row by row. */
  'results.importedMask': z.tuple([uid, frameRefSchema]),
  /** The same for every image that it has segments on. */
  'results.importedMasks': z.tuple([uid]),
} as const;

export type CallName = keyof typeof callArguments;
export type CallArguments<Name extends CallName> = z.infer<(typeof callArguments)[Name]>;

/** What every call resolves to. A job's id where the work goes on in the background. */
export interface CallResults extends NetworkCallResults, ReadingRoomResults {
  'app.about': About;
  /** What the administrator has settled. */
  'app.policy': Policy;
  'app.policyProblems': readonly string[];
  'app.openDataFolder': void;
  /** Texts of the licences of what is inside. */
  'app.licences': string;
  /** Whether the tour shall open by itself: once in the life of a data folder. */
  'app.offerTour': boolean;
  'vault.state': VaultState;
  'vault.unlock': void;
  'vault.lock': void;
  'vault.lockAfter': void;
  'support.preview': string;
  'support.save': string | null;
  'jobs.list': readonly JobStatus[];
  'jobs.cancel': void;
  'jobs.pause': void;
  'studies.list': readonly StudyRow[];
  'studies.find': WorklistFound;
  'studies.rows': readonly StudyRow[];
  'studies.open': StudyDetail;
  'studies.priors': readonly StudyRow[];
  'studies.remove': void;
  'studies.choosePaths': readonly string[] | null;
  'studies.countPhotos': number;
  'studies.importPaths': string;
  'studies.importDemo': string;
  'studies.skippedFiles': readonly SkippedFile[];
  'images.pixels': FramePixels;
  'images.thumbnail': Uint8Array;
  'referenceSets.list': readonly ReferenceSet[];
  'referenceSets.create': ReferenceSet;
  'referenceSets.export': string | null;
  'referenceSets.import': string | null;
  'referenceSets.members': readonly (FrameRef & { readonly studyInstanceUid: string })[];
  'referenceSets.check': string;
  'referenceSets.checked': readonly CheckedImage[];
  'referenceSets.preview': readonly SyntheticPreview[];
  'models.list': readonly ModelRow[];
  'models.unusable': readonly UnusableModel[];
  'models.choose': string | null;
  'models.import': string;
  'models.verify': string;
  'providers.list': readonly ProviderReport[];
  'providers.test': string;
  'models.export': string | null;
  'models.remove': void;
  'calibrations.list': readonly CalibrationRow[];
  'calibrations.methodSettings': MethodSettings;
  'calibrations.start': string;
  'calibrations.plan': DrawPlan;
  'calibrations.activate': CalibrationRow;
  'calibrations.unfinished': readonly UnfinishedCalibration[];
  'calibrations.resume': string;
  'calibrations.discard': void;
  'calibrations.rollBack': CalibrationRow;
  'calibrations.retire': CalibrationRow;
  'calibrations.amend': CalibrationRow;
  'calibrations.evidence': CalibrationEvidence | null;
  'calibrations.drift': Drift;
  'calibrations.measureNullBaseline': string;
  'calibrations.compare': string;
  'calibrations.compared': BeforeAfter;
  'calibrations.fingerprint': string;
  'calibrations.export': string | null;
  'calibrations.chooseFile': CalibrationFileInfo | null;
  'calibrations.facts': CalibrationFacts;
  'calibrations.exportCard': string | null;
  'calibrations.import': string;
  'calibrations.scopes': readonly StoredKind[];
  'cases.list': readonly ConfirmedCase[];
  'cases.confirm': readonly ConfirmedCase[];
  'cases.withdraw': readonly ConfirmedCase[];
  'calibrations.normalPeaks': NormalPeaks;
  'analyses.choice': CalibrationChoice;
  'analyses.misfit': string;
  'analyses.start': string;
  'analyses.loss': AnalysisLoss;
  'analyses.latest': Analysis | null;
  'analyses.running': Analysis | null;
  'analyses.map': AnomalyMap;
  'findings.decide': Finding;
  'findings.add': Finding;
  'findings.reshape': Finding;
  'findings.link': Finding;
  'findings.remove': void;
  'annotations.list': readonly Annotation[];
  'annotations.put': void;
  'annotations.remove': readonly string[];
  'annotations.listInPlanes': readonly PlaneMeasurement[];
  'annotations.putInPlane': void;
  'annotations.removeInPlane': void;
  'findings.nearestNormals': NearestNormals;
  'reports.get': Report;
  'reports.save': Report;
  'reports.sentences': readonly ReportedFinding[];
  'reports.sign': Report;
  'reports.exportPdf': string | null;
  'reports.print': boolean;
  'reports.addendum': Report;
  'reader.name': string;
  'reader.setName': string;
  'results.export': string | null;
  'studies.deidentify': string | null;
  'results.nodes': readonly string[];
  'results.imported': readonly ImportedResult[];
  'results.importedMap': AnomalyMap;
  'results.importedMask': Uint8Array;
  'results.importedMasks': readonly ImportedMask[];
}

/** What main tells the window unasked. */
export interface Events {
  /** A job started, moved on or ended. */
  'job.changed': JobStatus;
  /** Something that lists show has changed. */
  'data.changed': {
    readonly what: 'studies' | 'referenceSets' | 'calibrations' | 'analyses' | 'reports' | 'models' | 'network';
  };
  /** The window was locked or unlocked. */
  'vault.changed': null;
}
export const eventNames = ['job.changed', 'data.changed', 'vault.changed'] as const satisfies readonly (keyof Events)[];

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: FaultRecord };

/** What the preload script puts on `window.workstation`. */
export interface WorkstationBridge {
  call<Name extends CallName>(name: Name, ...args: CallArguments<Name>): Promise<Outcome<CallResults[Name]>>;
  /** Returns its own unregister function. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void;
  /** The path on disk of a dropped file. */
  pathOfDroppedFile(file: File): string;
}

/** The one IPC channel that carries calls; events go out on their own names with this prefix. */
export const callChannel = 'workstation.call';
export const eventChannelPrefix = 'workstation.event.';
