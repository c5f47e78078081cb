/** What leaves the workstation: accepted findings of a signed report, with all that an object says about them. */

import { type Lengths, lengthsOf } from '../../preload/contract/measured-size.ts';
import type {
  Addendum,
  AnomalyMap,
  CalibrationRow,
  Finding,
  FrameResult,
  ReportLanguage,
} from '../../preload/contract/model.ts';
import type { LinkedMeasurement, ReportedFinding } from '../../preload/contract/results.ts';
import type { SourceAttributes } from '../imaging/source-attributes.ts';
import type { Device } from './dataset.ts';

export interface ResultContent {
  readonly device: Device;
  readonly report: ReportVersion;
  readonly analysis: {
    readonly id: string;
    readonly createdAt: string;
    readonly provider: string;
    readonly images: number;
    readonly calibration: CalibrationRow;
    readonly profileSha256: string;
  } | null;
  /** Any image of the study: its patient and study are everybody's. */
  readonly context: SourceAttributes;
  /** Images with accepted findings, in the study's order. */
  readonly images: readonly ResultImage[];
  /** What the reader measured without linking it to a finding. */
  readonly measurements: readonly ReportedMeasurement[];
  /** Of all images that were analysed, without those where the reader accepted nothing of what was marked. */
  readonly scores: readonly FrameResult[];
}

export interface ReportedMeasurement {
  /** 1, 2, 3, ... over the whole report. */
  readonly number: number;
  /** The same in every object and version that speaks of it. */
  readonly trackingUid: string;
  readonly source: SourceAttributes;
  /** 0-based. */
  readonly frame: number;
  readonly measured: LinkedMeasurement;
}

export interface ReportVersion {
  /** 1 as first signed; each addendum adds one. */
  readonly version: number;
  readonly indication: string;
  readonly technique: string;
  readonly findings: string;
  readonly impression: string;
  /** Of the findings' sentences. */
  readonly language: ReportLanguage;
  readonly addenda: readonly Addendum[];
  readonly signedBy: string;
  /** For whom the signer answers: the administrator's word, else the institution of the images. */
  readonly organization: string;
  /** Of this version; ISO 8601, UTC. */
  readonly signedAt: string;
}

export interface ResultImage {
  /** e.g. `Series 1, image 12 of 24` */
  readonly title: string;
  readonly source: SourceAttributes;
  /** 0-based. */
  readonly frame: number;
  readonly result: FrameResult;
  readonly map: AnomalyMap;
  /** Accepted ones, at least one. */
  readonly findings: readonly NumberedFinding[];
  /** Outlines of those that were not accepted: their part of the map stays here. */
  readonly withheld: readonly (readonly number[])[];
}

export interface NumberedFinding extends Finding, ReportedFinding {
  /** The same in every object and version that speaks of it. */
  readonly trackingUid: string;
}

/** Where sizes on an image hold, by what its file says of its spacing. */
export function lengthsOn({ source, frame }: Pick<ReportedMeasurement, 'source' | 'frame'>): Lengths {
  const spacing = source.frames[frame]?.pixelSpacing ?? null;
  return lengthsOf({
    pixelSpacing: spacing && [spacing.row, spacing.column],
    spacingAtDetector: spacing?.plane === 'detector',
  });
}

/** Said beside sizes on the detector, for no unit can say it. */
export const AT_DETECTOR =
  'Sizes in mm hold on the detector (Imager Pixel Spacing): the anatomy is magnified by an unknown factor.';

/** What people call a measurement in every object. */
export const measurementLabel = ({ number }: Pick<ReportedMeasurement, 'number'>): string => `Measurement ${number}`;

/** Of everything that the report speaks of; any of the study where it speaks of none. Some may come twice. */
export function sourcesOf({ context, images, measurements }: ResultContent): readonly SourceAttributes[] {
  const sources = [...images, ...measurements].map(({ source }) => source);
  return sources.length > 0 ? sources : [context];
}

/** What people call a finding in every object. */
export const findingLabel = ({ number }: Pick<NumberedFinding, 'number'>): string => `Finding ${number}`;
