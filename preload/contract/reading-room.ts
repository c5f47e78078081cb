/** What readers set up for themselves, and where they were: hanging protocols, report templates, the session. */
import { z } from 'zod';

const id = z.string().min(1).max(64);
const text = (longest: number) => z.string().max(longest);
const place = z.int().min(1).max(3);
const shownWindow = z.strictObject({ center: z.number(), width: z.number().positive() }).readonly();

/** How studies of a kind hang when they are opened. */
export const hangingProtocolSchema = z.strictObject({
  id,
  name: text(120).min(1),
  /** '' for any. */
  modality: text(16),
  bodyPart: text(64),
  rows: place,
  columns: place,
  /** In three planes, where the stack is a volume. */
  multiplanar: z.boolean(),
  /** The newest prior of the kind beside the study, where there is one. */
  priorBeside: z.boolean(),
  synchronised: z.boolean(),
  /** In the file's units; null for the window that the file asks for. */
  window: shownWindow.nullable(),
});
export type HangingProtocol = Readonly<z.infer<typeof hangingProtocolSchema>>;

/** What the parts of a report begin with. */
export const reportTemplateSchema = z.strictObject({
  id,
  name: text(120).min(1),
  /** '' for any. */
  modality: text(16),
  bodyPart: text(64),
  technique: text(20_000),
  findings: text(20_000),
  impression: text(20_000),
});
export type ReportTemplate = Readonly<z.infer<typeof reportTemplateSchema>>;

const vector = z.tuple([z.number(), z.number(), z.number()]).readonly();
/** A plane through a volume, as the reader turned, moved and zoomed it. */
const planePlaceSchema = z
  .strictObject({
    /** What lies in the middle of its place on the screen, in the patient, mm. */
    focus: vector,
    /** Unit vectors in the patient: towards the reader, and up on the screen. */
    normal: vector,
    up: vector,
    /** 1 where the standard plane just fits its place. */
    zoom: z.number().positive(),
  })
  .readonly();
export type PlanePlace = z.infer<typeof planePlaceSchema>;
const planePlacesSchema = z
  .strictObject({ axial: planePlaceSchema, coronal: planePlaceSchema, sagittal: planePlaceSchema })
  .readonly();
export type PlanePlaces = z.infer<typeof planePlacesSchema>;

const hungSchema = z
  .strictObject({
    study: id,
    series: id,
    frame: z.int().min(0),
    /** In the file's units; null for the window that the file asks for, and in what an older version kept. */
    window: shownWindow.nullable().default(null),
    /** Null for the standard planes, and where they cannot be told any more: everything else comes back all the same. */
    planes: planePlacesSchema.nullable().catch(null).default(null),
  })
  .readonly();

/** Where the reader was: comes back after a restart, also after a crash. */
export const sessionSchema = z.strictObject({
  screen: z.enum(['worklist', 'calibration', 'models', 'network', 'viewer']),
  /** The study that was open; null for none. */
  study: id.nullable(),
  rows: place,
  columns: place,
  multiplanar: z.boolean(),
  synchronised: z.boolean(),
  /** What stood where, row by row; null where nothing did. */
  places: z.array(hungSchema.nullable()).max(9).readonly(),
  /** Which of them had the keys. */
  active: z.int().min(0).max(8),
});
export type Session = Readonly<z.infer<typeof sessionSchema>>;

export const readingRoomArguments = {
  'protocols.list': z.tuple([]),
  /** Adds one, or replaces the one with its id or of the same modality and body part; resolves to all. */
  'protocols.save': z.tuple([hangingProtocolSchema]),
  'protocols.remove': z.tuple([id]),
  'templates.list': z.tuple([]),
  /** Adds one, or replaces the one with its id or name; resolves to all. */
  'templates.save': z.tuple([reportTemplateSchema]),
  'templates.remove': z.tuple([id]),
  /** Where this reader was the last time; null the first time. */
  'session.get': z.tuple([]),
  'session.save': z.tuple([sessionSchema]),
} as const;

export interface ReadingRoomResults {
  'protocols.list': readonly HangingProtocol[];
  'protocols.save': readonly HangingProtocol[];
  'protocols.remove': readonly HangingProtocol[];
  'templates.list': readonly ReportTemplate[];
  'templates.save': readonly ReportTemplate[];
  'templates.remove': readonly ReportTemplate[];
  'session.get': Session | null;
  'session.save': void;
}
