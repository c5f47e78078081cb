/**
 * What the window and the main process talk about: plain readonly data, named as DICOM and radiology name it.
 * Dates are DICOM DA strings (YYYYMMDD) where they come from images, ISO 8601 in UTC where this application made them.
 */
import type { FaultRecord } from './faults.ts';

/** One picture of a study: an instance and its 0-based frame. */
export interface FrameRef {
  readonly sopInstanceUid: string;
  readonly frame: number;
}

export type StudyState =
  | 'new' // imported, not analysed
  | 'analysing'
  | 'analysed' // results wait for the reader
  | 'reported'; // report signed

export interface StudyRow {
  readonly studyInstanceUid: string;
  readonly patientName: string;
  readonly patientId: string;
  readonly patientBirthDate: string;
  readonly patientSex: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly studyDescription: string;
  readonly accessionNumber: string;
  /** Distinct modalities in the study, e.g. ['CT']. */
  readonly modalities: readonly string[];
  readonly bodyParts: readonly string[];
  readonly seriesCount: number;
  readonly frameCount: number;
  readonly importedAt: string;
  readonly state: StudyState;
  /** Highest anomaly score of the newest analysis, 0..1; null before one. */
  readonly highestScore: number | null;
  /** Smallest conformal p-value of the newest analysis; null before one. */
  readonly lowestPValue: number | null;
  readonly flaggedFrames: number;
  /** Whether this reader has never opened it. */
  readonly unread: boolean;
}

export type WorklistColumn =
  | 'patient'
  | 'id'
  | 'description'
  | 'modality'
  | 'date'
  | 'images'
  | 'state'
  | 'score'
  | 'flagged'
  | 'imported';

export interface WorklistEntry {
  readonly studyInstanceUid: string;
  /** Whether it stands below another study of the same patient as one of its priors. */
  readonly prior: boolean;
}

/** Which studies a search found, in its order. Their rows are asked for as they come into sight. */
export interface WorklistFound {
  readonly entries: readonly WorklistEntry[];
  /** Studies in the store. */
  readonly all: number;
  /** Every modality in the store, to choose from. */
  readonly modalities: readonly string[];
}

export interface FrameRow extends FrameRef {
  readonly rows: number;
  readonly columns: number;
  readonly instanceNumber: number | null;
  /** mm between pixel centres: [between rows, between columns]; null where the file does not say. */
  readonly pixelSpacing: readonly [number, number] | null;
  /** The spacing is that of the detector: what lies before it is smaller than it measures (PS3.3 10.7.1.3). */
  readonly spacingAtDetector: boolean;
  /** Position along the normal of the stack, mm; null where unknown. */
  readonly slicePosition: number | null;
  /** Row and column direction cosines (0020,0037); null where unknown. */
  readonly imageOrientation: readonly number[] | null;
  /** Of the centre of the first pixel in the patient, mm (0020,0032); null where unknown. */
  readonly imagePosition: readonly number[] | null;
  readonly lossy: boolean;
}

export interface SeriesDetail {
  readonly seriesInstanceUid: string;
  readonly seriesNumber: number | null;
  readonly modality: string;
  readonly bodyPart: string;
  readonly description: string;
  readonly manufacturer: string;
  /** In the order in which a reader scrolls: by geometry, else by instance number. */
  readonly frames: readonly FrameRow[];
  /** What was noticed about the series' geometry, in plain words: missing slices, duplicates, localiser. */
  readonly remarks: readonly string[];
}

export interface StudyDetail {
  readonly study: StudyRow;
  readonly series: readonly SeriesDetail[];
}

/** Stored pixel values of one frame with what a viewer needs to show them. */
export interface FramePixels {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: 1 | 3;
  /** Row-major; interleaved where there are 3 samples. */
  readonly data: Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array;
  readonly photometricInterpretation: 'MONOCHROME1' | 'MONOCHROME2' | 'RGB';
  readonly minimum: number;
  readonly maximum: number;
  readonly rescaleSlope: number;
  readonly rescaleIntercept: number;
  readonly windowCenter: number;
  readonly windowWidth: number;
  /** Windows that the file offers besides, with what it calls them. */
  readonly furtherWindows: readonly { readonly center: number; readonly width: number; readonly explanation: string }[];
  /** How grey follows from the window (PS3.3 C.11.2.1.2 and C.11.2.1.3). */
  readonly voiFunction: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
  /** Levels 0..1 at even steps over the window where the file's VOI LUT says them (PS3.3 C.11.2.1.1), else null. */
  readonly voiCurve: Float32Array | null;
  readonly pixelSpacing: readonly [number, number] | null;
  /** What a value after rescaling means, e.g. 'HU'; empty where unknown. */
  readonly units: string;
  /** Graphics that the file lays over the picture: (rows, columns), 1 where there are some; null without any. */
  readonly overlay: Uint8Array | null;
}

/** Channel 1 of the method's map: (height, width) in 0..1, stretched over the whole picture. */
export interface AnomalyMap {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** What a calibration is for. '' in body part, view, scanner or protocol means any. */
export interface Scope {
  readonly modality: string;
  readonly bodyPart: string;
  /** Plane of slices (AXIAL, CORONAL, SAGITTAL, OBLIQUE) or View Position (0018,5101) of projections. */
  readonly view: string;
  /** Manufacturer (0008,0070). */
  readonly scanner: string;
  /** Protocol Name (0018,1030), else Sequence Name (0018,0024), else Convolution Kernel (0018,1210). */
  readonly protocol: string;
}

/** Which calibration a study is to be analysed with, and by what that was decided. */
export interface CalibrationChoice {
  /** The active one that was made for all its images, the most particular first; null where there is none. */
  readonly calibrationId: string | null;
  /** How many active ones were. */
  readonly fitting: number;
  /** What the images have in common; '' where they differ or do not say. */
  readonly study: Scope;
}

/** What a look at an image found. `detail` is a value of the file, e.g. its modality, or a number. */
export interface ImageRemark {
  readonly kind:
    | 'wrong-modality'
    | 'wrong-body-part'
    | 'wrong-view'
    | 'wrong-scanner'
    | 'wrong-protocol'
    | 'localizer'
    | 'unreadable'
    | 'blank'
    | 'near-duplicate'
    | 'burned-in-text'
    | 'outlier'
    | 'blurred'
    | 'colour'
    | 'other-size'
    | 'same-patient';
  readonly detail: string;
  /** The image that it repeats. */
  readonly other?: FrameRef;
}

export interface CheckedImage extends FrameRef {
  readonly remarks: readonly ImageRemark[];
}

/** A synthetic anomaly in one of the site's images: grey values and 0/1 mask, side * side each. */
export interface SyntheticPreview extends FrameRef {
  readonly task: AnomalyTask;
  readonly side: number;
  readonly image: Uint8Array;
  readonly mask: Uint8Array;
}

/** How a calibration divides a reference set, beside the images that train. */
export interface DrawPlan {
  readonly heldOut: number;
  readonly heldOutPatients: number;
  /** Other images of the patients who train, and more than is scored. */
  readonly setAside: number;
}

/** Whether studies of late still score as a calibration's held-out normals did. */
export interface Drift {
  /** The newest ones that were analysed with it. */
  readonly studies: number;
  /** With fewer nothing is said. */
  readonly fewest: number;
  /** That they would lie so far off if nothing had moved and up to half of them are abnormal; null where too few. */
  readonly pValue: number | null;
  readonly moved: boolean;
  readonly direction: 'higher' | 'lower';
  /** What they are compared with: the held-out normals, or the first studies after the calibration. */
  readonly against: 'normals' | 'first-studies';
}

/** A kind of images in the store. */
export interface StoredKind extends Omit<Scope, 'scanner' | 'protocol'> {
  readonly images: number;
  readonly patients: number;
  /** Those that are named in the files. */
  readonly scanners: readonly string[];
}

export interface ReferenceSet {
  readonly id: string;
  readonly name: string;
  /** All versions of a set share it: the id of the first one. */
  readonly lineage: string;
  /** 1, 2, 3, ... A saved version never changes. */
  readonly version: number;
  /** Empty for the set behind a calibration that came from another workstation. */
  readonly frames: readonly FrameRef[];
  /** Who said that these are normal, and when. */
  readonly confirmedBy: string;
  readonly createdAt: string;
}

/** Images of a reference set, and images of it that train, at most. */
export const mostNormals = 10_000;
export const mostShots = 512;

export type Preset = 'parity' | 'fast' | 'default';
export type ProviderChoice = 'auto' | 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';

/** How the anomalies that training learns from are made (method: anomaly synthesis). */
export const anomalyTasks = ['cut-paste', 'gauss-intensity', 'smooth-intensity', 'source', 'sink', 'identity'] as const;
export type AnomalyTask = (typeof anomalyTasks)[number];

/** What a calibration may change in the method. */
export interface MethodSettings {
  /** How often each kind of anomaly is made, relative to the others. */
  readonly mixture: Readonly<Record<AnomalyTask, number>>;
  /** Where a prompt's phrase stands: after its context tokens, between their halves, or before them. */
  readonly phrasePosition: 'end' | 'middle' | 'front';
  /** One learnable context per class instead of one per phrase. */
  readonly sharedContext: boolean;
  /** `full` as published, `causal` as CLIP was trained. */
  readonly textAttention: 'full' | 'causal';
  readonly phrases: { readonly normal: readonly string[]; readonly abnormal: readonly string[] };
}

/** What is known of an execution provider on this machine, with one model. */
export interface ProviderReport {
  /** As onnxruntime names it. */
  readonly name: string;
  /** Whether it could run the model at all. */
  readonly available: boolean;
  /**
   * Compared with the CPU on the model; null where it could not be tried. All but `maxAbsDiff` (of the vision tower's
   * outputs) are relative to the largest value on the CPU. A difference is null where the provider gave something that
   * is no number, and where it was not looked at.
   */
  readonly selfTest: {
    /** All that was compared lies within the tolerances. */
    readonly ok: boolean;
    /** False where only the vision tower was compared, because it took too long. */
    readonly complete: boolean;
    readonly maxAbsDiff: number | null;
    readonly vision: number | null;
    readonly text: number | null;
    readonly gradients: number | null;
    readonly loss: number | null;
    readonly scores: number | null;
  } | null;
  /** Why it is not available or was set aside. */
  readonly reason?: string;
  /** ms, null where it could not be tried: scoring an image, and a training step of two images. */
  readonly msPerImage: number | null;
  readonly msPerStep: number | null;
  /** Whether `auto` works on it. */
  readonly chosen: boolean;
  /** E.g. `onnxruntime 1.30.0`. */
  readonly version: string;
  /** The graphics devices and drivers that it had to do with, as far as the system tells. */
  readonly adapters: string;
  readonly testedAt: string;
}

export interface ModelRow {
  readonly name: string;
  readonly source: string;
  readonly family: string;
  readonly imageSize: number;
  readonly patch: number;
  readonly embedDim: number;
  readonly layersOut: readonly number[];
  /** Of the weights that it was made from. */
  readonly sha256: string;
  readonly bytes: number;
  /** SPDX identifier, or 'unknown'. */
  readonly licence: string;
  /** The published model whose hash the weights have; absent for weights that are not known. */
  readonly verifiedAs?: string;
  /** Comes with the application, so that it cannot be removed. */
  readonly own: boolean;
}

/** An imported model that lies here and cannot be used. */
export interface UnusableModel {
  readonly name: string;
  readonly reason: string;
}

export interface CalibrationRow extends Scope {
  readonly id: string;
  readonly name: string;
  readonly referenceSetId: string;
  readonly referenceSetName: string;
  readonly referenceSetVersion: number;
  readonly modelName: string;
  readonly modelSha256: string;
  readonly preset: Preset;
  readonly shots: number;
  /** Normals that were kept out of training, to state the threshold. */
  readonly heldOut: number;
  /** Of so many patients: a promise counts these. */
  readonly heldOutPatients: number;
  /** Normals of patients who train, drawn for neither part: no patient is in both. */
  readonly setAside: number;
  readonly seed: number;
  readonly steps: number;
  readonly seconds: number;
  readonly lossTrace: readonly number[];
  /** A score at or above it is flagged. */
  readonly threshold: number;
  /** The share of normals that the threshold lets be flagged, at most (conformal). */
  readonly toleratedShare: number;
  readonly provider: string;
  readonly appVersion: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly active: boolean;
  /** Taken out of use; null while it may be used. */
  readonly retiredAt: string | null;
  /** Fingerprint of the workstation that it was imported from; '' where it was made here. */
  readonly origin: string;
}

/** What the profile of a calibration says of itself. */
export interface CalibrationFacts {
  readonly profileSha256: string;
  /** Of the pictures that it was trained and measured on; '' where the version that made it did not keep it. */
  readonly imagesSha256: string;
  /** How pictures were made from what files hold. */
  readonly preprocessing: string;
  /** Of the weights. */
  readonly precision: string;
  /** Null where the version that made it did not keep it. */
  readonly method: MethodSettings | null;
}

/** The kinds of anomaly that change an image. */
export type AnomalyKind = Exclude<AnomalyTask, 'identity'>;

/** Share of the image that a synthetic anomaly covers: small below 2%, large from 8% on. */
export type AnomalySize = 'small' | 'medium' | 'large';

/** An image that a person confirmed as abnormal. It tests calibrations and never trains one. */
export interface ConfirmedCase extends FrameRef {
  readonly note: string;
  readonly confirmedBy: string;
  readonly confirmedAt: string;
}

export interface ScoredFrame extends FrameRef {
  readonly score: number;
}

export interface ShareInterval {
  readonly value: number;
  /** 95% interval. */
  readonly low: number;
  readonly high: number;
}

export interface SensitivityCell {
  readonly kind: AnomalyKind;
  readonly size: AnomalySize;
  readonly found: number;
  readonly total: number;
  /** Null where there is none of the kind and size. */
  readonly share: ShareInterval | null;
}

/** What a calibration is worth on this site's images, at one tolerated share. Nothing here was trained on or chose. */
export interface CalibrationEvidence {
  readonly toleratedShare: number;
  readonly threshold: number;
  /** Where the normals' scores come from: held out, cross-fitted, or (optimistic) the training images themselves. */
  readonly source: 'held-out' | 'cross-fit' | 'support';
  /** Ascending. */
  readonly normalScores: readonly number[];
  /** Of so many patients. Promises count patients, because images of one are alike. */
  readonly patients: number;
  /** Held-out normals, the highest score first; empty where none was held out. */
  readonly normals: readonly ScoredFrame[];
  /** Share of future normals that will be flagged: expected, and the interval that this many patients allow. */
  readonly flaggedNormals: ShareInterval;
  /** The smallest share that this many patients can promise, 1 / (n + 1). */
  readonly smallestPromise: number;
  /** The share of flagged normals that will not be exceeded with 95% confidence. */
  readonly flaggedAtMost: number;
  /** Synthetic anomalies in held-out normals. */
  readonly sensitivity: readonly SensitivityCell[];
  readonly syntheticScores: readonly number[];
  readonly syntheticFound: ShareInterval | null;
  /** Normals that went the way of the synthetic ones with nothing made in them: flagged as often as normals are. */
  readonly unchanged: readonly number[];
  readonly unchangedFlagged: ShareInterval | null;
  /** Cases that a person confirmed as abnormal, the lowest score first. */
  readonly abnormals: readonly ScoredFrame[];
  readonly abnormalFound: ShareInterval | null;
  /** Confirmed cases of patients among the reference images: they would flatter, so they are not scored. */
  readonly casesLeftOut: number;
  /** Of confirmed cases against held-out normals; null where one of the two is missing. */
  readonly auroc: ShareInterval | null;
  /** The same AUROC of the same architecture at random weights; null before it was measured. */
  readonly nullBaseline: ShareInterval | null;
  /** [share of normals flagged, share of abnormal found], from 0, 0 to 1, 1. Confirmed cases, else synthetic ones. */
  readonly roc: readonly (readonly [number, number])[];
}

/** Highest points of the maps of normals, ascending, and what each counts: images of one patient share the weight 1. */
export interface NormalPeaks {
  readonly scores: readonly number[];
  readonly weights: readonly number[];
}

/** Scores of one image by two calibrations. */
interface ScoredTwice {
  readonly before: number;
  readonly after: number;
}

/** What a recalibration changed, on images that neither calibration was trained on. */
export interface BeforeAfter {
  /** Normals that both held out, of patients whom neither trained on; empty where there are none. */
  readonly normals: readonly (FrameRef & ScoredTwice)[];
  /** Synthetic anomalies in those normals. */
  readonly synthetic: readonly ScoredTwice[];
  /** Cases that are confirmed as abnormal. */
  readonly cases: readonly (FrameRef & ScoredTwice)[];
  /** Of the cases against the normals; null where one of the two is missing. */
  readonly auroc: { readonly before: ShareInterval | null; readonly after: ShareInterval | null };
}

export type Decision = 'open' | 'accepted' | 'rejected';

/** A connected region of the map above the threshold, or an outline that a reader drew. */
export interface Finding extends FrameRef {
  readonly id: string;
  readonly analysisId: string;
  /** Bounding box in pixels of the picture: left, top, width, height. */
  readonly box: readonly [number, number, number, number];
  /** Outline in pixels of the picture: x0, y0, x1, y1, ... closed. */
  readonly outline: readonly number[];
  readonly peakScore: number;
  readonly pValue: number | null;
  /** mm^2 and mm; null where the pixel spacing is unknown. */
  readonly areaMm2: number | null;
  readonly longestDiameterMm: number | null;
  readonly decision: Decision;
  readonly comment: string;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  /** Who drew it, or drew its outline anew; null where it is as the map gave it. */
  readonly drawnBy: string | null;
  /** The annotation that measures it. */
  readonly measurementId: string | null;
}

export type AnnotationTool = 'length' | 'angle' | 'ellipse' | 'rectangle' | 'probe';

/** A measurement on a picture. */
export interface Annotation extends FrameRef {
  readonly id: string;
  readonly tool: AnnotationTool;
  /**
   * In pixels of the picture, whose corner is (0, 0): x0, y0, x1, y1, ... The ends of a length; the arms' ends and
   * between them the vertex of an angle; bottom, top, left and right of an ellipse; the corners of a rectangle; one point.
   */
  readonly points: readonly number[];
}

/** A measurement in a plane that was computed from a series: on none of its pictures, at a place in the patient. */
export interface PlaneMeasurement {
  readonly id: string;
  readonly tool: AnnotationTool;
  readonly seriesInstanceUid: string;
  /** Unit vectors in the patient: toward the viewer, and up on the screen. */
  readonly normal: readonly [number, number, number];
  readonly up: readonly [number, number, number];
  /** mm in the patient: x0, y0, z0, x1, ... in the order of an Annotation. */
  readonly points: readonly number[];
}

/** Where one of the normals that a calibration learnt from looks most like a finding. */
export interface NearestNormal extends FrameRef {
  /** In pixels of that picture: left, top, width, height. */
  readonly box: readonly [number, number, number, number];
  /** One minus the cosine of the patches' features: 0 the same, 1 unrelated. */
  readonly distance: number;
}

/** What a finding was compared with: its most unusual patch, and the normals' patches that are nearest to it. */
export interface NearestNormals {
  /** The compared patch in pixels of the finding's picture: left, top, width, height. */
  readonly box: readonly [number, number, number, number];
  /** The nearest first, one per normal. */
  readonly normals: readonly NearestNormal[];
  /** Institutions where the calibration's normals were made, as far as their files say. */
  readonly institutions: readonly string[];
}

export interface FrameResult extends FrameRef {
  readonly score: number;
  readonly pValue: number | null;
  readonly flagged: boolean;
}

export interface Analysis {
  readonly id: string;
  readonly studyInstanceUid: string;
  readonly calibration: CalibrationRow;
  readonly provider: string;
  readonly createdAt: string;
  readonly seconds: number;
  readonly frames: readonly FrameResult[];
  readonly findings: readonly Finding[];
}

/** How many regions of the newest map a reader has decided on, commented or measured: another analysis forgets that. */
export interface AnalysisLoss {
  readonly decisions: number;
  readonly comments: number;
  readonly measurements: number;
}

/** Languages that the sentences of a report are made in. */
export const reportLanguages = ['en', 'de'] as const;
export type ReportLanguage = (typeof reportLanguages)[number];

export interface Report {
  readonly studyInstanceUid: string;
  readonly indication: string;
  readonly technique: string;
  /** In the reader's words; the accepted findings follow by themselves. */
  readonly findings: string;
  readonly impression: string;
  readonly state: 'draft' | 'signed';
  readonly signedBy: string | null;
  readonly signedAt: string | null;
  readonly updatedAt: string;
  /** Of the sentences on accepted findings, once it is signed. */
  readonly language: ReportLanguage;
  /** What was added after the signature, the oldest first. */
  readonly addenda: readonly Addendum[];
}

/** Why findings were taken back: the titles of DICOM's rejection notes. */
export type RejectionReason = 'quality' | 'safety';

/** A signed change of a signed report. The report itself is version 1. */
export interface Addendum {
  readonly version: number;
  readonly text: string;
  /** Ids of findings that the report accepted and this takes back. */
  readonly withdrawn: readonly string[];
  /** Null where nothing is taken back. */
  readonly reason: RejectionReason | null;
  readonly signedBy: string;
  readonly signedAt: string;
}

export type JobKind =
  | 'backup'
  | 'retention' // studies whose period is over
  | 'model'
  | 'check'
  | 'import'
  | 'demo'
  | 'calibrate'
  | 'transfer' // of calibrations and reference sets, between workstations
  | 'analyse'
  | 'export'
  | 'retrieve'
  | 'send';

export interface JobProgress {
  readonly done: number;
  /** 0 while it is not known how much there is to do. */
  readonly total: number;
  /** What is being counted, e.g. 'images', 'steps'. */
  readonly unit: string;
  /** A few words on the current act. */
  readonly note: string;
  /** Loss per step so far, for calibrations. */
  readonly lossTrace?: readonly number[];
  /** The execution provider that a calibration runs on, e.g. 'cpu', once it is settled. */
  readonly provider?: string;
}

export interface JobStatus {
  readonly id: string;
  readonly kind: JobKind;
  readonly title: string;
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'paused';
  readonly progress: JobProgress;
  readonly startedAt: string;
  readonly secondsElapsed: number;
  /** Estimated from the pace so far; null while unknown. */
  readonly secondsLeft: number | null;
  readonly fault: FaultRecord | null;
  /** One sentence on the outcome once done. */
  readonly summary: string | null;
  /** What the job made or was about: a study, a calibration, a file. */
  readonly subject: string | null;
}

/** What a person says about photographs, which know nothing of a patient themselves. */
export interface PhotoDetails {
  readonly patientName: string;
  readonly patientId: string;
  /** DA, or '' where unknown. */
  readonly patientBirthDate: string;
  /** Defined term of Modality (0008,0060): XC, ES, OP, DX ... */
  readonly modality: string;
  readonly bodyPart: string;
  /** Study description; '' for the folder's name. */
  readonly description: string;
}

export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

/** Encryption of the data folder, and the lock of its window. */
export interface VaultState {
  readonly encrypted: boolean;
  readonly locked: boolean;
  /** Whether the operating system's key store opens it too. */
  readonly bySystem: boolean;
  readonly lockAfterMinutes: number;
}

export interface About {
  readonly appVersion: string;
  readonly electron: string;
  readonly chromium: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly dataFolder: string;
  readonly user: string;
  readonly models: readonly ModelRow[];
}
