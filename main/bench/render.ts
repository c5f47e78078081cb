/** How the viewer feels: opening, scrolling, the map on and off, and memory, measured in the application's own window. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, throwIfCancelled } from '../fault.ts';
import { derivedUid } from '../imaging/header.ts';
import { drawPhantom, HELD_OUT_SEEDS, type Phantom } from '../phantoms/phantom.ts';
import { analyseStudy } from '../services/analysis.ts';
import { calibrateReferenceSet } from '../services/calibration.ts';
import { phantomFile } from '../services/demo-dicom.ts';
import { importPaths } from '../services/import.ts';
import { createReferenceSet } from '../services/reference-sets.ts';
import { openStudy } from '../services/worklist.ts';
import { openWorkstation, type Workstation } from '../services/workstation.ts';
import { type BenchContext, type BenchRow, figure, type RenderingFigures, type Suite } from './suite.ts';

const SLICES = 300;
const STUDIES = 200;
const SLICES_OF_SMALL = 5;

export const render: Suite = {
  does: 'a 300-slice CT opened and scrolled, the map on and off, memory over 200 studies, in a window of its own',
  async run(context: BenchContext) {
    const { scratch, quick, job, measureWindow } = context;
    if (!measureWindow) throw new Fault('not-allowed', 'This measurement opens a window, which cannot be done here.');
    const sizes = quick
      ? { slices: 30, side: 128, studies: 6, smallSide: 64 }
      : { slices: SLICES, side: 512, studies: STUDIES, smallSide: 256 };
    const folder = join(scratch, 'data');
    await writeStudies(join(scratch, 'files'), sizes, job.signal);
    const station = openWorkstation(context.tools, folder);
    try {
      await importPaths(station, [join(scratch, 'files')], job);
      await analyseOne(station, context);
    } finally {
      station.store.db.close();
    }
    const small = Array.from({ length: sizes.studies }, (_, index) => titleOf(index));
    const figures = await measureWindow({ dataFolder: folder, large: LARGE, small, analysed: titleOf(0) }, job.signal);
    return rowsOf(figures, sizes);
  },
};

interface Sizes {
  readonly slices: number;
  readonly side: number;
  readonly studies: number;
  readonly smallSide: number;
}

const LARGE = 'BENCH-LARGE';
/** Patient id of a small study: what the worklist is searched for. */
const titleOf = (index: number) => `BENCH-SMALL-${String(index).padStart(3, '0')}`;

async function writeStudies(folder: string, sizes: Sizes, signal: AbortSignal): Promise<void> {
  await mkdir(folder);
  const large = drawPhantom('ct-head', HELD_OUT_SEEDS, { size: sizes.side });
  await writeStudy(folder, large, LARGE, sizes.slices);
  const small = drawPhantom('ct-head', HELD_OUT_SEEDS + 1, { size: sizes.smallSide });
  for (let index = 0; index < sizes.studies; index++) {
    throwIfCancelled(signal);
    await writeStudy(folder, small, titleOf(index), SLICES_OF_SMALL);
  }
}

async function writeStudy(folder: string, phantom: Phantom, title: string, slices: number): Promise<void> {
  for (let slice = 0; slice < slices; slice++)
    await writeFile(
      join(folder, `${title}-${slice}.dcm`),
      phantomFile(phantom, {
        studyInstanceUid: derivedUid('study', title),
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

/** The first small study gets an analysis, so that there is a map to show; what it is worth does not matter here. */
async function analyseOne(station: Workstation, { job }: BenchContext): Promise<void> {
  const frames = [1, 2, 3, 4].flatMap((index) =>
    openStudy(station.store.db, derivedUid('study', titleOf(index)), [])
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
      preset: 'fast',
      provider: 'cpu',
      shots: 2,
      seed: 1,
      toleratedShare: 0.9,
    },
    job,
  );
  await analyseStudy(station, { studyInstanceUid: derivedUid('study', titleOf(0)), calibrationId: id }, job);
}

function rowsOf(figures: RenderingFigures, { slices, side, studies }: Sizes): BenchRow[] {
  const { openingMs, scroll, overlay, memory } = figures;
  const ct = `${slices} slices of ${side} x ${side}`;
  const steps = `${scroll.steps} steps, ${scroll.perSecond} a second, ${ct}`;
  const toggles = `${overlay.frames.length} times on or off`;
  const after = (count: number) => `after closing ${count} studies of ${SLICES_OF_SMALL} slices, garbage collected`;
  const first = memory[0];
  const last = memory.at(-1);
  return [
    figure('first image, first opening', openingMs[0] ?? 0, 'ms', `from the double click to the drawn picture; ${ct}`),
    figure('first image, median of later openings', median(openingMs.slice(1)), 'ms', ct),
    figure('scrolling, blank frames', scroll.blankFrames, 'count', `of ${scroll.frames} drawn; ${steps}`),
    figure('scrolling, most slices behind', scroll.mostBehind, 'count', steps),
    figure('scrolling, frames a second', scroll.framesPerSecond, 'count', steps),
    figure('map on or off, most frames until it is drawn', Math.max(...overlay.frames), 'count', toggles),
    figure('map on or off, median', median(overlay.ms), 'ms', `from the key to the drawn overlay; ${toggles}`),
    ...(first && last
      ? [
          figure('window memory at first', first.windowMb, 'MB', after(first.closed)),
          figure('window memory at last', last.windowMb, 'MB', after(last.closed)),
          figure('graphics memory at first', first.graphicsMb, 'MB', after(first.closed)),
          figure('graphics memory at last', last.graphicsMb, 'MB', after(last.closed)),
          figure('heap at last, over first', last.heapMb / first.heapMb, 'ratio', `${studies} studies`),
        ]
      : []),
  ];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? 0;
}
