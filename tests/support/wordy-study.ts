/** A fictional volume whose header says much: long names, and that its pixels lost something. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeDataset } from '../../main/results/dataset.ts';

const SIDE = 64;
const SLICES = 5;

/** Of one patient, bright to the edge, so that words are read over it. Returns the StudyInstanceUID. */
export function writeWordyStudy(folder: string, study: { readonly number: number; readonly date: string }): string {
  const uid = `1.2.826.0.1.3680043.8.498.20.${study.number}`;
  const own = join(folder, uid);
  mkdirSync(own, { recursive: true });
  for (let slice = 0; slice < SLICES; slice++)
    writeFileSync(join(own, `${slice}.dcm`), sliceFile(uid, study.date, slice));
  return uid;
}

function sliceFile(study: string, date: string, slice: number): Uint8Array {
  return encodeDataset({
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
    SOPInstanceUID: `${study}.1.${slice + 1}`,
    StudyInstanceUID: study,
    SeriesInstanceUID: `${study}.1`,
    FrameOfReferenceUID: `${study}.2`,
    PatientID: 'FICTIONAL-1234567890-0001',
    PatientName: 'FICTIONAL-LONGNAMED-PATIENT^MARIA ANTONIA JOSEFA',
    PatientSex: 'F',
    PatientBirthDate: '19480229',
    StudyDate: date,
    StudyDescription: 'CT of the whole abdomen with contrast, portal venous phase',
    SeriesDescription: 'Thin slices, soft tissue, reconstructed with much patience',
    SeriesNumber: 1,
    Modality: 'CT',
    BodyPartExamined: 'ABDOMEN',
    InstanceNumber: slice + 1,
    ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'],
    ImagePositionPatient: ['-32', '-32', String(-1000 + 5 * slice)],
    PixelSpacing: ['1', '1'],
    SliceThickness: '5',
    LossyImageCompression: '01',
    WindowCenter: '-1024',
    WindowWidth: '4096',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: SIDE,
    Columns: SIDE,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    RescaleIntercept: '-1000',
    RescaleSlope: '1',
    RescaleType: 'HU',
    PixelData: new Uint16Array(SIDE * SIDE).fill(3000).buffer,
    _vrMap: { PixelData: 'OW' },
  });
}
