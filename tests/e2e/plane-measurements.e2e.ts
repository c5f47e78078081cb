/** What is measured in the three planes of a volume: every tool, its figures from the files themselves, and that it comes back. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openImage } from '../../main/imaging/pixels.ts';
import type { AnnotationTool, FrameRow } from '../../preload/contract/model.ts';
import { freshFolder } from '../support/launch.ts';
import { askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

type Share = readonly [x: number, y: number];
type Place = readonly [x: number, y: number, z: number];

const planes = ['axial', 'coronal', 'sagittal'] as const;
type Plane = (typeof planes)[number];
/** The axis of the patient that goes through each plane: x, y or z. */
const normalAxis: Readonly<Record<Plane, 0 | 1 | 2>> = { axial: 2, coronal: 1, sagittal: 0 };
const keys: Readonly<Record<AnnotationTool, string>> = {
  length: 'l',
  angle: 'g',
  ellipse: 'e',
  rectangle: 'q',
  probe: 'b',
};
/** What is drawn in each plane, in shares of its area: the places that are pressed, or dragged between. */
const drawings: readonly (readonly [AnnotationTool, readonly Share[]])[] = [
  // From right to left: what stands beside a shape stands right of it, and would be dragged along.
  [
    'ellipse',
    [
      [0.48, 0.5],
      [0.53, 0.55],
    ],
  ],
  [
    'rectangle',
    [
      [0.33, 0.45],
      [0.4, 0.55],
    ],
  ],
  [
    'length',
    [
      [0.25, 0.38],
      [0.6, 0.38],
    ],
  ],
  [
    'angle',
    [
      [0.1, 0.66],
      [0.26, 0.66],
      [0.3, 0.8],
    ],
  ],
  ['probe', [[0.25, 0.47]]],
];
/** Cornerstone takes a press soon after a click for the second half of a double click. */
const doubleClickMs = 500;

describe('measuring in planes', () => {
  const dataDir = freshFolder();
  let station: WorkstationPages;
  let studyUid = '';
  let otherUid = '';
  let voxels: readonly Voxel[] = [];
  /** What stood beside the measurements in each plane. */
  const said = new Map<Plane, readonly string[]>();

  beforeAll(async () => {
    station = await openWorkstation({ dataDir });
    const inbox = join(dataDir, 'inbox');
    const study = writePhantomStudy(inbox, { number: 20, slices: 13, lesion: 'mass' });
    studyUid = study.studyInstanceUid;
    otherUid = writePhantomStudy(inbox, { number: 21, slices: 2 }).studyInstanceUid;
    const { app, worklist, jobs, viewer } = station;
    await answerOpenDialog(app, [inbox]);
    await worklist.import('folder');
    await jobs.waitFor('import', 'done');
    await jobs.close();
    await worklist.openStudy(studyUid);
    voxels = await voxelsOf(study.paths, (await viewer.framesOf(studyUid)).frames);
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(async () => {
    await station?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const kept = () => askFor(station.window, 'annotations.listInPlanes', studyUid);

  async function toPlanes(): Promise<void> {
    const { viewer, window } = station;
    await viewer.hang('multiplanar');
    await window.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
  }

  async function draw(plane: Plane, tool: AnnotationTool, [first, second, third]: readonly Share[]): Promise<void> {
    const { viewer, window } = station;
    await window.getByTestId(`plane-${plane}`).focus();
    await window.keyboard.press(keys[tool]);
    if (second) await viewer.dragPlane(plane, first!, second);
    const pressed = second ? third : first;
    if (!pressed) return;
    await viewer.clickPlane(plane, pressed);
    await window.waitForTimeout(doubleClickMs);
  }

  test.each(planes)('every tool says of the %s plane what the files say is there', async (plane) => {
    const { viewer, window } = station;
    if (!(await window.getByTestId('mpr').isVisible())) {
      for (let slice = 0; slice < 6; slice++) await viewer.press('ArrowDown');
      await toPlanes();
      // The sagittal plane beside the middle; the coronal one stays there, halfway between two layers of voxels.
      await viewer.dragPlane('axial', [0.5, 0.5], [0.483, 0.5]);
    }
    const before = (await kept()).length;
    for (const [index, [tool, shares]] of drawings.entries()) {
      await draw(plane, tool, shares);
      await expect.poll(async () => (await kept()).length, { message: tool }).toBe(before + index + 1);
    }
    await window.screenshot({ path: testResult(`measured-${plane}.png`) });
    const axis = normalAxis[plane];
    const position = (await viewer.planePositions())[planes.indexOf(plane)]!;
    const measured = (await kept()).filter(({ normal }) => Math.abs(normal[axis]!) === 1);
    const placesOf = (tool: AnnotationTool) =>
      inThrees(measured.find((one) => one.tool === tool)!.points).map((place) => {
        expect(place[axis], tool).toBeCloseTo(position, 1);
        return place;
      });
    const boxes = await viewer.boxesInPlane(plane);
    const figuresOf = (unit: RegExp) => figuresIn(boxes.find((words) => unit.test(words)) ?? '');

    const [start, end] = placesOf('length') as [Place, Place];
    const perShare = distance(start, end) / 0.35;
    expectNear(figuresOf(/^[\d.,]+ mm$/), [distance(start, end)]);

    // Of what was drawn, as far as whole pixels of the screen allow; and of the places that are kept.
    const { width, height } = (await window.getByTestId(`plane-${plane}`).boundingBox())!;
    const turn = 180 - (Math.atan2(0.14 * height, 0.04 * width) * 180) / Math.PI;
    const [arm, vertex, otherArm] = placesOf('angle') as [Place, Place, Place];
    const [angle] = figuresOf(/°/);
    expect(Math.abs(angle! - turn)).toBeLessThan(2);
    expectNear([angle!], [angleBetween(arm, vertex, otherArm)]);

    const [top, bottom, left, right] = placesOf('ellipse') as [Place, Place, Place, Place];
    const centre = left.map((value, at) => (value + right[at]!) / 2) as unknown as Place;
    const half = [distance(left, right) / 2, distance(top, bottom) / 2] as const;
    expect(half[0] / perShare).toBeCloseTo(0.05, 2);
    const inEllipse = regionOf(voxels, axis, position, (place) => {
      const [across, along] = inPlane(axis, place.map((value, at) => value - centre[at]!) as unknown as Place);
      return (across / half[0]) ** 2 + (along / half[1]) ** 2 <= 1;
    });
    expectRegion(figuresOf(/Mean/), inEllipse, Math.PI * half[0] * half[1]);

    const corners = placesOf('rectangle');
    const inRectangle = regionOf(voxels, axis, position, (place) =>
      place.every(
        (value, at) =>
          at === axis ||
          within(
            value,
            corners.map((corner) => corner[at]!),
          ),
      ),
    );
    const area = distance(corners[0]!, corners[1]!) * distance(corners[0]!, corners[2]!);
    expectRegion(figuresIn(boxes.filter((words) => /Mean/.test(words))[1]!), inRectangle, area);

    const [probe] = placesOf('probe') as [Place];
    const nearest = voxels.filter(({ place, size }) =>
      place.every((value, at) => Math.abs(value - probe[at]!) < size[at]! / 2 + halfwayMm),
    );
    expect(nearest.map(({ value }) => value)).toContain(figuresOf(/^-?[\d.,]+ HU$/)[0]);
    said.set(plane, boxes);
  });

  test('all of it comes back with the study, in its planes', async () => {
    const { viewer, worklist, window } = station;
    const places = async () => (await viewer.planePositions()).map((place) => expect.closeTo(place, 1));
    const before = await places();
    await worklist.open();
    await worklist.openStudy(otherUid);
    await worklist.open();
    await worklist.openStudy(studyUid);
    const listed = window.getByTestId('measurement');
    await expect.poll(() => listed.count()).toBe(planes.length * drawings.length);
    // Each leads into its planes, where the others of the same plane are too.
    for (const [index, plane] of planes.entries()) {
      await listed.nth(index * drawings.length).click();
      await window.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
      await expect.poll(async () => (await viewer.boxesInPlane(plane)).length).toBe(drawings.length);
      const figuresOf = (boxes: readonly string[] = []) => boxes.toSorted().flatMap(figuresIn);
      expectNear(figuresOf(await viewer.boxesInPlane(plane)), figuresOf(said.get(plane)));
      expect((await viewer.planePositions())[index]).toEqual(before[index]);
    }
    await window.screenshot({ path: testResult('measured-back.png') });
    expect(station.pageErrors).toEqual([]);
  });
});

interface Voxel {
  /** Of its centre, mm in the patient. */
  readonly place: Place;
  /** mm between centres along x, y and z. */
  readonly size: Place;
  /** HU */
  readonly value: number;
}

const SLICE_DISTANCE = 5;

/** Every voxel of slices that lie straight in the patient. */
async function voxelsOf(paths: readonly string[], frames: readonly FrameRow[]): Promise<readonly Voxel[]> {
  const all: Voxel[] = [];
  for (const path of paths) {
    const { header, decode } = await openImage(path);
    const { imagePosition, pixelSpacing } = frames.find(
      ({ sopInstanceUid }) => sopInstanceUid === header.instance.uid,
    )!;
    const [[left, top, z], [row, column]] = [imagePosition as unknown as Place, pixelSpacing!];
    const { data, columns, rescale } = await decode(0);
    for (const [index, stored] of data.entries())
      all.push({
        place: [left + (index % columns) * column, top + Math.floor(index / columns) * row, z],
        size: [column, row, SLICE_DISTANCE],
        value: stored * rescale.slope + rescale.intercept,
      });
  }
  return all;
}

/** A plane that lies so near to halfway between two layers of voxels has them both. */
const halfwayMm = 0.005;

/** Values of the voxels within half a voxel of a plane whose centres lie in a shape. */
function regionOf(voxels: readonly Voxel[], axis: 0 | 1 | 2, position: number, isInside: (place: Place) => boolean) {
  return voxels.flatMap(({ place, size, value }) =>
    Math.abs(place[axis] - position) < size[axis] / 2 + halfwayMm && isInside(place) ? [value] : [],
  );
}

/** As far as one digit and places that are kept in thousandths of mm allow. */
function expectNear(figures: readonly number[], expected: readonly number[]): void {
  expect(figures.length).toBe(expected.length);
  for (const [index, figure] of figures.entries()) expect(Math.abs(figure - expected[index]!)).toBeLessThan(0.11);
}

/** @param figures what is said of a region: mean, deviation, mm² */
function expectRegion(figures: readonly number[], values: readonly number[], area: number): void {
  expect(values.length).toBeGreaterThan(20);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  expectNear(figures, [mean, deviation, area]);
}

const inThrees = (points: readonly number[]): readonly Place[] =>
  Array.from({ length: points.length / 3 }, (_, at) => points.slice(3 * at, 3 * at + 3) as unknown as Place);

const distance = (one: Place, other: Place) => Math.hypot(...one.map((value, axis) => value - other[axis]!));

/** Without the axis that goes through the plane. */
const inPlane = (axis: 0 | 1 | 2, place: Place) => place.filter((_, at) => at !== axis) as [number, number];

const within = (value: number, bounds: readonly number[]) =>
  value >= Math.min(...bounds) && value <= Math.max(...bounds);

/** Degrees at the vertex. */
function angleBetween(one: Place, vertex: Place, other: Place): number {
  const [a, b] = [one, other].map((place) => place.map((value, at) => value - vertex[at]!)) as [number[], number[]];
  const product = a.reduce((sum, value, at) => sum + value * b[at]!, 0);
  return (Math.acos(product / (Math.hypot(...a) * Math.hypot(...b))) * 180) / Math.PI;
}

const figuresIn = (words: string) => (words.match(/-?\d[\d,.]*/g) ?? []).map((one) => Number(one.replace(/,/g, '')));
