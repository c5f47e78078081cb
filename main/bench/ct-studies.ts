/** Fictional CT studies for measurements, and a calibration on some of them. What they show does not matter. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Preset } from '../../preload/contract/model.ts';
import { throwIfCancelled } from '../fault.ts';
import { derivedUid } from '../imaging/header.ts';
import { drawPhantom, HELD_OUT_SEEDS } from '../phantoms/phantom.ts';
import { calibrateReferenceSet } from '../services/calibration.ts';
import { phantomFile } from '../services/demo-dicom.ts';
import type { JobContext } from '../services/jobs.ts';
import { createReferenceSet } from '../services/reference-sets.ts';
import { openStudy } from '../services/worklist.ts';
import type { Workstation } from '../services/workstation.ts';

export interface CtStudies {
  /** Patient ids, which the worklist is searched for. */
  readonly titles: readonly string[];
  readonly slices: number;
  /** Pixels. */
  readonly side: number;
}

export const studyOf = (title: string): string => derivedUid('study', title);

/** Writes studies of a head, all slices of one kind alike. @throws Fault `cancelled` */
export async function writeCtStudies(folder: string, { titles, slices, side }: CtStudies, signal: AbortSignal) {
  await mkdir(folder, { recursive: true });
  for (const [index, title] of titles.entries()) {
    throwIfCancelled(signal);
    const phantom = drawPhantom('ct-head', HELD_OUT_SEEDS + index, { size: side });
    for (let slice = 0; slice < slices; slice++)
      await writeFile(
        join(folder, `${title}-${slice}.dcm`),
        phantomFile(phantom, {
          studyInstanceUid: studyOf(title),
          seriesInstanceUid: derivedUid('series', title),
          sopInstanceUid: derivedUid('instance', `${title}/${slice}`),
          instanceNumber: slice + 1,
          patientName: `FICTIONAL^${title}`,
          patientId: title,
          studyDescription: 'Bench',
          sliceSpacing: 1,
        }),
      );
  }
}

/** Calibrates the embedded model on the first slice of each study. @returns the calibration's id */
export async function calibrateOnStudies(
  station: Workstation,
  titles: readonly string[],
  preset: Preset,
  job: JobContext,
): Promise<string> {
  const frames = titles.flatMap((title) =>
    openStudy(station.store.db, studyOf(title), [])
      .series.flatMap((series) => series.frames)
      .slice(0, 1)
      .map(({ sopInstanceUid, frame }) => ({ sopInstanceUid, frame })),
  );
  const set = createReferenceSet(station, { name: 'Bench', frames });
  const { id } = await calibrateReferenceSet(
    station,
    {
      name: 'Bench',
      referenceSetId: set.id,
      modelName: 'embedded',
      preset,
      provider: 'cpu',
      shots: Math.max(2, titles.length - 2),
      seed: 1,
      toleratedShare: 0.9,
    },
    job,
  );
  return id;
}
