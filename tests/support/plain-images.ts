/** Single CT images with a bright region, each with attributes of its own: sources that are odd in one way or another. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, encodeFile } from '../../main/results/dataset.ts';

const COLUMNS = 96;
const ROWS = 64;

/** Writes one file for each set of attributes, which replace the image's own. @returns their paths */
export function writePlainImages(folder: string, images: readonly Dataset[]): readonly string[] {
  return images.map((change, index) => {
    const path = join(folder, `${index + 1}.dcm`);
    const image = { ...plainImage(index + 1), SpecificCharacterSet: 'ISO_IR 192', ...change };
    // As it is, right or wrong: our own objects are made valid on the way.
    writeFileSync(path, encodeFile(image.SOPClassUID, image.SOPInstanceUID, image, true));
    return path;
  });
}

function plainImage(number: number) {
  const pixels = new Uint16Array(COLUMNS * ROWS).fill(1000);
  for (let y = 16; y < 40; y++) pixels.fill(1200, y * COLUMNS + 24, y * COLUMNS + 56);
  return {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
    SOPInstanceUID: `1.2.3.4.1.${number}`,
    StudyInstanceUID: '1.2.3.4',
    SeriesInstanceUID: '1.2.3.4.1',
    FrameOfReferenceUID: '1.2.3.4.9',
    PatientID: 'TEST-PLAIN',
    PatientName: 'FICTIONAL^PLAIN',
    Modality: 'CT',
    BodyPartExamined: 'HEAD',
    InstanceNumber: number,
    ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'],
    ImagePositionPatient: ['0', '0', String(5 * number)],
    PixelSpacing: ['1', '1'],
    SliceThickness: '5',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: ROWS,
    Columns: COLUMNS,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    RescaleIntercept: '-1000',
    RescaleSlope: '1',
    RescaleType: 'HU',
    PixelData: pixels.buffer,
    _vrMap: { PixelData: 'OW' },
  };
}
