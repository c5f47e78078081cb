/** How the viewer feels: opening, scrolling, the map on and off, and memory, measured in the application's own window. */
import { join } from 'node:path';
import { Fault } from '../fault.ts';
import { analyseStudy } from '../services/analysis.ts';
import { importPaths } from '../services/import.ts';
import type { JobContext } from '../services/jobs.ts';
import { openWorkstation, type Workstation } from '../services/workstation.ts';
import { calibrateOnStudies, studyOf, writeCtStudies } from './ct-studies.ts';
import {
  type BenchContext,
  type BenchRow,
  figure,
  type MemoryFigures,
  type RenderingFigures,
  type Suite,
} from './suite.ts';

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
    await writeStudies(join(scratch, 'files'), sizes, job);
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
const titleOf = (index: number) => `BENCH-SMALL-${String(index).padStart(4, '0')}`;

async function writeStudies(folder: string, sizes: Sizes, { signal }: JobContext): Promise<void> {
  await writeCtStudies(folder, { titles: [LARGE], slices: sizes.slices, side: sizes.side }, signal);
  const titles = Array.from({ length: sizes.studies }, (_, index) => titleOf(index));
  await writeCtStudies(folder, { titles, slices: SLICES_OF_SMALL, side: sizes.smallSide }, signal);
}

/** The first small study gets an analysis, so that there is a map to show; what it is worth does not matter here. */
async function analyseOne(station: Workstation, { job }: BenchContext): Promise<void> {
  const calibrationId = await calibrateOnStudies(station, [1, 2, 3, 4].map(titleOf), 'fast', job);
  await analyseStudy(station, { studyInstanceUid: studyOf(titleOf(0)), calibrationId }, job);
}

function rowsOf(figures: RenderingFigures, { slices, side }: Sizes): BenchRow[] {
  const { openingMs, scroll, overlay, memory } = figures;
  const ct = `${slices} slices of ${side} x ${side}`;
  const steps = `${scroll.steps} steps, ${scroll.perSecond} a second, ${ct}`;
  const toggles = `${overlay.frames.length} times on or off`;
  const half = Math.ceil(memory.length / 2);
  const stretches = [memory.slice(0, 1), memory.slice(1, half), memory.slice(half)];
  return [
    figure('first image, first opening', openingMs[0] ?? 0, 'ms', `from the double click to the drawn picture; ${ct}`),
    figure('first image, median of later openings', median(openingMs.slice(1)), 'ms', ct),
    figure('scrolling, blank frames', scroll.blankFrames, 'count', `of ${scroll.frames} drawn; ${steps}`),
    figure('scrolling, most slices behind', scroll.mostBehind, 'count', steps),
    figure('scrolling, frames a second', scroll.framesPerSecond, 'count', steps),
    figure('map on or off, most frames until it is drawn', Math.max(...overlay.frames), 'count', toggles),
    figure('map on or off, median', median(overlay.ms), 'ms', `from the key to the drawn overlay; ${toggles}`),
    ...memoryRows('window memory', 'windowMb', stretches),
    ...memoryRows('graphics memory', 'graphicsMb', stretches),
    ...memoryRows('heap', 'heapMb', stretches),
  ];
}

/** Medians: a single note hangs on whether a painted buffer or a young generation was just then let go of. */
function memoryRows(
  what: string,
  which: 'windowMb' | 'graphicsMb' | 'heapMb',
  stretches: readonly (readonly MemoryFigures[])[],
): BenchRow[] {
  return stretches.flatMap((notes) => {
    const [first, last] = [notes[0]?.closed, notes.at(-1)?.closed];
    if (first === undefined) return [];
    const closed = first === last ? `${first}` : `${first} to ${last}`;
    const note = `median of ${notes.length}, noted after closing studies of ${SLICES_OF_SMALL} slices, garbage collected`;
    return figure(`${what}, ${closed} closed`, median(notes.map((noted) => noted[which])), 'MB', note);
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? 0;
}
