import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { openImage } from '../imaging/pixels.ts';
import { drawPhantom } from '../phantoms/phantom.ts';
import { phantomFile } from './demo-dicom.ts';

const identity = {
  studyInstanceUid: '2.25.1',
  seriesInstanceUid: '2.25.2',
  sopInstanceUid: '2.25.3',
  instanceNumber: 2,
  patientName: 'DEMO^FICTIONAL^A',
  patientId: 'DEMO-1',
  studyDescription: 'Fictional phantom',
  sliceSpacing: 5,
};

describe('a phantom as DICOM', () => {
  it.each(['ct-head', 'mr-brain', 'radiograph-chest'] as const)('keeps the values of a %s', async (kind) => {
    const phantom = drawPhantom(kind, 7, { size: 64 });
    const path = join(freshFolder(), 'image.dcm');
    writeFileSync(path, phantomFile(phantom, identity));
    const image = await openImage(path);
    expect(image.header).toMatchObject({
      patient: { name: 'DEMO^FICTIONAL^A', id: 'DEMO-1' },
      study: { uid: '2.25.1', description: 'Fictional phantom' },
      series: { modality: phantom.modality, bodyPart: phantom.bodyPart },
      instance: { uid: '2.25.3', number: 2 },
    });
    const frame = await image.decode(0);
    const values = Array.from(frame.data, (stored) => stored * frame.rescale.slope + frame.rescale.intercept);
    const [low, high] = phantom.unit === 'HU' ? [-1024, 3071] : [0, 4095];
    expect(values).toEqual(Array.from(phantom.values, (value) => Math.min(high, Math.max(low, value))));
    expect(frame.pixelSpacing?.row).toBeCloseTo(phantom.pixelSpacing, 6);
  });
});
