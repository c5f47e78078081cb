/** CT slices that lie oblique in the patient, of voxels with three different sides, with a bright block that moves. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeDataset } from '../../main/results/dataset.ts';

export const OBLIQUE = {
  columns: 96,
  rows: 64,
  /** mm: between rows, between columns, between slices. */
  spacing: [0.9, 0.45, 3],
} as const;

/** Direction cosines of a plane that is turned about two axes. */
function axes() {
  const [a, b] = [0.5, 0.3];
  const row = [Math.cos(a), Math.sin(a), 0] as const;
  const column = [-Math.sin(a) * Math.cos(b), Math.cos(a) * Math.cos(b), Math.sin(b)] as const;
  const normal = [Math.sin(a) * Math.sin(b), -Math.cos(a) * Math.sin(b), Math.cos(b)] as const;
  return { row, column, normal };
}

/** Writes at most five slices; the block lies further to the right on each. Returns the folder. */
export function writeObliqueVolume(folder: string, slices: number): string {
  mkdirSync(folder, { recursive: true });
  for (let slice = 0; slice < slices; slice++) writeFileSync(join(folder, `${slice}.dcm`), sliceFile(slice));
  return folder;
}

function sliceFile(slice: number): Uint8Array {
  const { columns, rows, spacing } = OBLIQUE;
  const { row, column, normal } = axes();
  const pixels = new Uint16Array(columns * rows).fill(1000);
  for (let y = 16; y < 40; y++) pixels.fill(1200, y * columns + 24 + slice * 8, y * columns + 56 + slice * 8);
  return encodeDataset({
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
    SOPInstanceUID: `1.2.826.0.1.3680043.8.498.1.${slice + 1}`,
    StudyInstanceUID: '1.2.826.0.1.3680043.8.498.2',
    SeriesInstanceUID: '1.2.826.0.1.3680043.8.498.3',
    FrameOfReferenceUID: '1.2.826.0.1.3680043.8.498.4',
    PatientID: 'OBLIQUE',
    PatientName: 'FICTIONAL^OBLIQUE',
    Modality: 'CT',
    BodyPartExamined: 'HEAD',
    InstanceNumber: slice + 1,
    ImageOrientationPatient: [...row, ...column].map((value) => value.toFixed(8)),
    ImagePositionPatient: normal.map((value) => (10 + value * spacing[2] * slice).toFixed(6)),
    PixelSpacing: [String(spacing[0]), String(spacing[1])],
    SliceThickness: '3',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: rows,
    Columns: columns,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    RescaleIntercept: '-1000',
    RescaleSlope: '1',
    RescaleType: 'HU',
    PixelData: pixels.buffer,
    _vrMap: { PixelData: 'OW' },
  });
}
