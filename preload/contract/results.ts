/** Results that leave the workstation, and those that came back or from elsewhere. */
import { z } from 'zod';
import type { AnnotationTool, FrameRef } from './model.ts';

export const exportFormats = ['sr', 'seg', 'pmap', 'sc', 'epdf', 'pdf', 'png', 'fhir', 'csv', 'json'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const exportRequestSchema = z.strictObject({
  studyInstanceUid: z.string().min(1).max(64),
  formats: z.array(z.enum(exportFormats)).min(1),
  /** Files side by side; or DICOM's layout for media with a DICOMDIR, the study's images included; or a node's name. */
  to: z.union([
    z.strictObject({ kind: z.enum(['folder', 'media']) }),
    z.strictObject({ kind: z.literal('node'), name: z.string().min(1).max(64) }),
  ]),
});
export type ExportRequest = z.infer<typeof exportRequestSchema>;

export const deidentifyRequestSchema = z.strictObject({
  studyInstanceUid: z.string().min(1).max(64),
  /** Moved by the same number of days for all of a patient, or taken out. */
  dates: z.enum(['shifted', 'removed']),
  /** Sex, age, size, weight. */
  keepPatientCharacteristics: z.boolean(),
  as: z.enum(['folder', 'zip']),
});
export type DeidentifyRequest = z.infer<typeof deidentifyRequestSchema>;

export const addendumRequestSchema = z.strictObject({
  studyInstanceUid: z.string().min(1).max(64),
  text: z.string().min(1).max(20_000),
  /** Ids of accepted findings that it takes back. */
  withdrawn: z.array(z.string().min(1).max(64)).max(10_000),
  /** Given exactly where something is taken back. */
  reason: z.enum(['quality', 'safety']).nullable(),
});
export type AddendumRequest = z.infer<typeof addendumRequestSchema>;

/** What a measurement says that a reader linked to a finding. */
export interface LinkedMeasurement {
  readonly quantity: 'length' | 'angle' | 'area';
  readonly value: number;
  /** Pixels, or square pixels for an area, where the spacing is unknown. */
  readonly unit: 'mm' | 'mm2' | 'deg' | 'pixels';
  /** mm and mm2 hold on the detector, not in the patient. */
  readonly atDetector?: boolean;
  readonly tool: AnnotationTool;
  /** As in Annotation. */
  readonly points: readonly number[];
}

/** An accepted finding as the report says it. */
export interface ReportedFinding {
  readonly findingId: string;
  /** 1, 2, 3, ... over the whole report. */
  readonly number: number;
  readonly sentence: string;
  /** Null where its outline alone measures it. */
  readonly measured: LinkedMeasurement | null;
}

/** An outline from a report or of a segment. */
export interface ImportedRegion extends FrameRef {
  readonly label: string;
  readonly trackingUid: string;
  readonly comment: string;
  readonly score: number | null;
  /** Pixels of the picture: x0, y0, x1, y1, ... closed. */
  readonly outline: readonly number[];
}

/** A map of one image; its values are asked for when they are shown. */
export interface ImportedMap extends FrameRef {
  readonly quantity: string;
}

/** What a Segmentation covers of one image, 0 or 1 row by row. */
export interface ImportedMask extends FrameRef {
  readonly mask: Uint8Array;
}

export interface ImportedResult {
  readonly sopInstanceUid: string;
  readonly kind: 'sr' | 'seg' | 'pmap';
  readonly label: string;
  readonly regions: readonly ImportedRegion[];
  readonly maps: readonly ImportedMap[];
  /** Whether a note rejected it or a newer version replaced it; null while it stands. */
  readonly withdrawn: 'rejected' | 'replaced' | null;
}
