/** What a DICOMDIR says of a file (PS3.3 F.5): the keys of its patient, study, series and instance records. */
import {
  characterSetsOf,
  type FileContent,
  itemsOf,
  numberOf,
  personNameOf,
  readDatasetHeader,
  stringOf,
  textOf,
} from './dataset.ts';
import { identify } from './identify.ts';

/** Attributes by keyword. */
type Keys = Readonly<Record<string, unknown>>;

export interface MediaEntry {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly transferSyntax: string;
  readonly patient: Keys;
  readonly study: Keys;
  readonly series: Keys;
  readonly instance: Keys & { readonly DirectoryRecordType: string };
}

const REPORTS = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.88\.(11|22|33|34)$/;
const KEY_OBJECTS = '1.2.840.10008.5.1.4.1.1.88.59';
const ENCAPSULATED_PDF = '1.2.840.10008.5.1.4.1.1.104.1';

/** Null for a photograph. @throws Fault `not-found`, `bad-file` */
export function readMediaEntry(file: FileContent): MediaEntry | null {
  if (identify(file) !== 'dicom') return null;
  const { dataset, transferSyntax } = readDatasetHeader(file);
  const sets = characterSetsOf(dataset);
  const text = (tag: string) => textOf(dataset, tag, sets);
  const SpecificCharacterSet = 'ISO_IR 192';
  return {
    sopClassUid: stringOf(dataset, 'x00080016'),
    sopInstanceUid: stringOf(dataset, 'x00080018'),
    seriesInstanceUid: stringOf(dataset, 'x0020000e'),
    transferSyntax,
    patient: {
      DirectoryRecordType: 'PATIENT',
      SpecificCharacterSet,
      PatientName: personNameOf(dataset, 'x00100010', sets),
      PatientID: text('x00100020') || 'NONE',
    },
    study: {
      DirectoryRecordType: 'STUDY',
      SpecificCharacterSet,
      StudyDate: stringOf(dataset, 'x00080020') || '19000101',
      StudyTime: stringOf(dataset, 'x00080030') || '000000',
      StudyDescription: text('x00081030'),
      StudyInstanceUID: stringOf(dataset, 'x0020000d'),
      StudyID: text('x00200010') || '1',
      AccessionNumber: text('x00080050'),
    },
    series: {
      DirectoryRecordType: 'SERIES',
      SpecificCharacterSet,
      Modality: stringOf(dataset, 'x00080060') || 'OT',
      SeriesInstanceUID: stringOf(dataset, 'x0020000e'),
      SeriesNumber: numberOf(dataset, 'x00200011') ?? 0,
    },
    instance: { ...instanceKeys(), SpecificCharacterSet, InstanceNumber: numberOf(dataset, 'x00200013') ?? 1 },
  };

  function instanceKeys(): Keys & { readonly DirectoryRecordType: string } {
    const sopClass = stringOf(dataset, 'x00080016');
    const content = {
      ContentDate: stringOf(dataset, 'x00080023'),
      ContentTime: stringOf(dataset, 'x00080033'),
      ConceptNameCodeSequence: itemsOf(dataset, 'x0040a043').map((code) => ({
        CodeValue: stringOf(code, 'x00080100'),
        CodingSchemeDesignator: stringOf(code, 'x00080102'),
        CodeMeaning: textOf(code, 'x00080104', sets),
      })),
    };
    if (sopClass === KEY_OBJECTS) return { DirectoryRecordType: 'KEY OBJECT DOC', ...content };
    if (sopClass === ENCAPSULATED_PDF)
      return {
        DirectoryRecordType: 'ENCAP DOC',
        ...content,
        DocumentTitle: text('x00420010'),
        MIMETypeOfEncapsulatedDocument: 'application/pdf',
      };
    if (!REPORTS.test(sopClass)) return { DirectoryRecordType: 'IMAGE' };
    const [observer] = itemsOf(dataset, 'x0040a073');
    return {
      DirectoryRecordType: 'SR DOCUMENT',
      ...content,
      CompletionFlag: stringOf(dataset, 'x0040a491'),
      VerificationFlag: stringOf(dataset, 'x0040a493'),
      ...(observer ? { VerificationDateTime: stringOf(observer, 'x0040a030') } : {}),
    };
  }
}
