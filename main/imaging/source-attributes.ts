/** What objects derived from an image repeat of it: patient, study, frame of reference, and where every frame lies. */
import type { DataSet } from 'dicom-parser';
import {
  characterSetsOf,
  type FileContent,
  numberOf,
  pathOf,
  personNameOf,
  readDatasetHeader,
  stringOf,
  stringsOf,
  textOf,
} from './dataset.ts';
import {
  dicomHeader,
  type FrameAttributes,
  frameAttributes,
  type InstanceHeader,
  readHeader,
  requireImage,
} from './header.ts';
import { identify } from './identify.ts';

export interface SourceAttributes {
  readonly header: InstanceHeader;
  /** DICOM keyword and value of what the patient and study modules hold beyond the header; absent ones are left out. */
  readonly context: Readonly<Record<string, string>>;
  /** Institution Name (0008,0080); '' where the file does not say. */
  readonly institution: string;
  /** Timezone Offset From UTC (0008,0201), e.g. `+0100`; '' where the file does not say. */
  readonly timezone: string;
  /** Position Reference Indicator (0020,1040). */
  readonly positionReference: string;
  /** What rows and columns run to (0020,0020), e.g. `['L', 'F']`; empty where the file does not say. */
  readonly patientOrientation: readonly string[];
  /** One for every frame, in their order. */
  readonly frames: readonly Pick<FrameAttributes, 'position' | 'orientation' | 'pixelSpacing' | 'sliceThickness'>[];
  /** How many times smaller a lossy image became (0028,2112); null where it never did. */
  readonly lossyRatio: number | null;
}

const NAMES: Readonly<Record<string, string>> = { ReferringPhysicianName: 'x00080090' };
const TEXTS: Readonly<Record<string, string>> = {
  IssuerOfPatientID: 'x00100021',
  StudyID: 'x00200010',
  PatientIdentityRemoved: 'x00120062',
  DeidentificationMethod: 'x00120063',
  PatientAge: 'x00101010',
  PatientSize: 'x00101020',
  PatientWeight: 'x00101030',
};

/**
 * Reads it from a stored file. Photos have no frame of reference and no context.
 * @throws Fault `not-found`, `bad-file`, `bad-pixels` where it holds no image
 */
export async function readSourceAttributes(content: FileContent): Promise<SourceAttributes> {
  const path = pathOf(content);
  if (identify(content) !== 'dicom') {
    const header = await readHeader(content);
    const { position, orientation, pixelSpacing, sliceThickness } = requireImage(header, path);
    const frames = [{ position, orientation, pixelSpacing, sliceThickness }];
    const unsaid = { context: {}, institution: '', timezone: '', positionReference: '', patientOrientation: [] };
    return { header, ...unsaid, frames, lossyRatio: null };
  }
  const file = readDatasetHeader(content);
  const header = dicomHeader(file, path);
  const image = requireImage(header, path);
  const { dataset } = file;
  return {
    header,
    context: contextOf(dataset),
    institution: textOf(dataset, 'x00080080', characterSetsOf(dataset)),
    timezone: /^[+-]\d{4}$/.exec(stringOf(dataset, 'x00080201'))?.[0] ?? '',
    positionReference: textOf(dataset, 'x00201040', characterSetsOf(dataset)),
    patientOrientation: stringsOf(dataset, 'x00200020'),
    frames: Array.from({ length: image.frames }, (_, frame) => placeOf(dataset, frame)),
    lossyRatio: image.lossy ? (numberOf(dataset, 'x00282112') ?? storedRatio(header, file.totalBytes)) : null,
  };
}

function placeOf(dataset: DataSet, frame: number): SourceAttributes['frames'][number] {
  const { position, orientation, pixelSpacing, sliceThickness } = frameAttributes(dataset, frame);
  return { position, orientation, pixelSpacing, sliceThickness };
}

function contextOf(dataset: DataSet): Record<string, string> {
  const sets = characterSetsOf(dataset);
  const pairs = [
    ...Object.entries(NAMES).map(([keyword, tag]) => [keyword, personNameOf(dataset, tag, sets)] as const),
    ...Object.entries(TEXTS).map(([keyword, tag]) => [keyword, textOf(dataset, tag, sets)] as const),
  ];
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''));
}

/** Where the file does not say: how much smaller it is than its pixels. */
function storedRatio({ image }: InstanceHeader, fileBytes: number): number {
  if (!image) return 1;
  const bytes = (image.rows * image.columns * image.frames * image.samplesPerPixel * image.bitsAllocated) / 8;
  return Math.max(1, bytes / fileBytes);
}
