/** What tests of several rooms share: fresh folders that vanish, and an instance with one field or another of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore, type Store } from '../../main/store/store.ts';
import type { NewInstance } from '../../main/store/studies.ts';

/** An empty folder that is deleted when the test ends. */
export function freshFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'mediclip-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** An empty store that is closed and deleted when the test ends. */
export function freshStore(): Store {
  const store = openStore(freshFolder());
  onTestFinished(() => store.db.close());
  return store;
}

export function someInstance(change: Partial<NewInstance> = {}): NewInstance {
  return {
    patientId: 'P1',
    patientName: 'DEMO^FICTIONAL',
    patientBirthDate: '19700101',
    patientSex: 'O',
    studyInstanceUid: '1.2.3',
    studyDate: '20260101',
    studyTime: '120000',
    studyDescription: 'Fictional phantom',
    accessionNumber: 'A1',
    seriesInstanceUid: '1.2.3.1',
    seriesNumber: 1,
    modality: 'CT',
    bodyPart: 'HEAD',
    seriesDescription: 'axial',
    manufacturer: 'none',
    protocol: '',
    view: '',
    sopInstanceUid: '1.2.3.1.1',
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntax: '1.2.840.10008.1.2.1',
    instanceNumber: 1,
    lossy: false,
    localizer: false,
    fileSha256: 'a'.repeat(64),
    fileBytes: 1000,
    frames: [
      {
        rows: 64,
        columns: 48,
        pixelSpacing: [0.5, 0.25],
        spacingAtDetector: false,
        orientation: [1, 0, 0, 0, 1, 0],
        position: [0, 0, 10],
      },
    ],
    ...change,
  };
}
