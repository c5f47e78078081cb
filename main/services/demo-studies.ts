/** Fictional studies for the demo: drawn phantoms of three modalities as DICOM files, with and without lesions. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FrameRef, ReferenceSet } from '../../preload/contract/model.ts';
import { throwIfCancelled } from '../fault.ts';
import { derivedUid } from '../imaging/header.ts';
import { drawPhantom, HELD_OUT_SEEDS, type Phantom, type PhantomKind } from '../phantoms/phantom.ts';
import { listReferenceSets } from '../store/reference-sets.ts';
import { getStudy } from '../store/studies.ts';
import { phantomFile } from './demo-dicom.ts';
import { importPaths } from './import.ts';
import type { JobContext } from './jobs.ts';
import { createReferenceSet } from './reference-sets.ts';
import { stagingFolder } from './staging.ts';
import type { Workstation } from './workstation.ts';

/** One drawn picture of a study. */
export interface DemoImage extends FrameRef {
  /** side * side, 1 where the lesion is. */
  readonly mask: Uint8Array;
  readonly side: number;
  readonly lesion: string | null;
}

export interface DemoStudy {
  readonly studyInstanceUid: string;
  readonly kind: PhantomKind;
  /** Of the collection's studies, from 1. */
  readonly number: number;
  readonly lesion: string | null;
  readonly images: readonly DemoImage[];
}

export interface DemoCollection {
  readonly kind: PhantomKind;
  /** e.g. `CT head` */
  readonly title: string;
  readonly normals: readonly DemoStudy[];
  readonly cases: readonly DemoStudy[];
}

interface Plan {
  readonly kind: PhantomKind;
  readonly title: string;
  /**
   * Studies of normals and slices in each. One slice of each fictional patient: slices of one patient look alike, and
   * those that train and those that set the threshold must not share patients. Enough that 16 train and 48 are held
   * out: with 48 the second most unusual normal sets a threshold for 5%, with fewer than 39 the most unusual one.
   */
  readonly normals: { readonly studies: number; readonly slices: number };
  /** null: a normal one. */
  readonly cases: readonly (string | null)[];
  /** Slices of a case; the lesion is on the middle third. */
  readonly caseSlices: number;
}

const PLANS: readonly Plan[] = [
  {
    kind: 'ct-head',
    title: 'CT head',
    normals: { studies: 64, slices: 1 },
    cases: ['intracerebral-bleed', 'mass', 'intracerebral-bleed', 'mass', null, null],
    caseSlices: 9,
  },
  {
    kind: 'mr-brain',
    title: 'MR brain',
    normals: { studies: 64, slices: 1 },
    cases: ['mass', 'infarct', 'mass', 'infarct', null, null],
    caseSlices: 9,
  },
  {
    kind: 'radiograph-chest',
    title: 'Chest radiograph',
    normals: { studies: 64, slices: 1 },
    cases: ['consolidation', 'mass', 'effusion', 'consolidation', 'mass', 'effusion', null, null, null, null],
    caseSlices: 1,
  },
];

const SIDE = 256;
/** Heights of the lowest and highest slice in the head, 0..1. */
const LEVELS = [0.35, 0.75] as const;

/** The reference set of a collection's normals is found again by this name. */
const setName = (title: string) => `Demo: normal ${title}`;

/** Draws, writes and imports the demo studies and makes a reference set of each collection's normals. */
export async function importDemoStudies(
  station: Workstation,
  job: JobContext,
): Promise<{
  readonly studies: readonly string[];
  readonly collections: readonly DemoCollection[];
  readonly referenceSets: readonly ReferenceSet[];
}> {
  const scratch = stagingFolder(station, 'demo');
  try {
    const collections = await drawCollections(scratch, job);
    const { studies } = await importPaths(station, [scratch], job);
    for (const uid of studies) getStudy(station.store.db, uid);
    return { studies, collections, referenceSets: collections.map((collection) => setOf(station, collection)) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function setOf(station: Workstation, { title, normals }: DemoCollection): ReferenceSet {
  const name = setName(title);
  const known = listReferenceSets(station.store.db).find((set) => set.name === name);
  if (known) return known;
  const frames = normals.flatMap((study) =>
    study.images.map(({ sopInstanceUid, frame }) => ({ sopInstanceUid, frame })),
  );
  return createReferenceSet(station, { name, frames });
}

async function drawCollections(folder: string, job: JobContext): Promise<readonly DemoCollection[]> {
  const total = PLANS.reduce(
    (sum, { normals, cases, caseSlices }) => sum + normals.studies * normals.slices + cases.length * caseSlices,
    0,
  );
  let drawn = 0;
  const collections: DemoCollection[] = [];
  for (const [index, plan] of PLANS.entries()) {
    const draw = async (number: number, lesion: string | null, slices: number, isNormal: boolean) => {
      const study = await drawStudy(
        folder,
        plan,
        { number, lesion, slices, isNormal, seed: seedOf(index, number) },
        job,
      );
      drawn += slices;
      job.progress({ done: drawn, total, unit: 'pictures', note: `Drawing ${plan.title}` });
      return study;
    };
    const normals: DemoStudy[] = [];
    for (let number = 1; number <= plan.normals.studies; number++)
      normals.push(await draw(number, null, plan.normals.slices, true));
    const cases: DemoStudy[] = [];
    for (const [place, lesion] of plan.cases.entries())
      cases.push(await draw(plan.normals.studies + place + 1, lesion, plan.caseSlices, false));
    collections.push({ kind: plan.kind, title: plan.title, normals, cases });
  }
  return collections;
}

/** The embedded model has never seen these. */
const seedOf = (plan: number, number: number) => HELD_OUT_SEEDS + plan * 1000 + number;

interface StudyPlan {
  readonly number: number;
  readonly lesion: string | null;
  readonly slices: number;
  readonly isNormal: boolean;
  readonly seed: number;
}

async function drawStudy(folder: string, plan: Plan, study: StudyPlan, job: JobContext): Promise<DemoStudy> {
  const key = `demo/${plan.kind}/${study.number}`;
  const studyInstanceUid = derivedUid('study', key);
  const target = join(folder, plan.kind, String(study.number));
  await mkdir(target, { recursive: true });
  const images: DemoImage[] = [];
  for (let slice = 0; slice < study.slices; slice++) {
    throwIfCancelled(job.signal);
    const phantom = drawSlice(plan, study, slice);
    const sopInstanceUid = derivedUid('instance', `${key}/${slice}`);
    const file = phantomFile(phantom, {
      studyInstanceUid,
      seriesInstanceUid: derivedUid('series', key),
      sopInstanceUid,
      instanceNumber: slice + 1,
      patientName: `DEMO^FICTIONAL^${plan.title.toUpperCase()} ${study.isNormal ? 'NORMAL' : 'CASE'} ${study.number}`,
      patientId: `DEMO-${plan.kind.toUpperCase()}-${study.number}`,
      studyDescription: `Fictional phantom, ${plan.title}`,
      sliceSpacing: 5,
    });
    await writeFile(join(target, `${slice + 1}.dcm`), file);
    images.push({ sopInstanceUid, frame: 0, mask: phantom.mask, side: phantom.side, lesion: phantom.lesion });
    await nextTurn(); // drawing takes a while, and the window waits for this process
  }
  return { studyInstanceUid, kind: plan.kind, number: study.number, lesion: study.lesion, images };
}

/** The same patient at every height; the lesion on the middle third of the slices. Single slices are at all heights. */
function drawSlice(plan: Plan, { lesion, number, slices, seed }: StudyPlan, slice: number): Phantom {
  const [low, high] = LEVELS;
  const height = slices === 1 ? (number - 1) / (plan.normals.studies - 1) : slice / (slices - 1);
  const level = plan.caseSlices === 1 ? {} : { level: low + (high - low) * height };
  const third = Math.floor(slices / 3);
  const affected = slice >= third && slice < slices - third;
  return drawPhantom(plan.kind, seed, { size: SIDE, lesion: affected ? lesion : null, ...level });
}
