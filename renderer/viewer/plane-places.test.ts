import { describe, expect, it } from 'vitest';
import type { PlanePlaces } from '../../preload/contract/reading-room.ts';
import { meetIn } from './plane-places.ts';
import type { VolumeGeometry } from './volume.ts';

const volume: VolumeGeometry = {
  dimensions: [100, 100, 20],
  spacing: [1, 1, 5],
  origin: [-50, -50, 0],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
};
const [cos, sin] = [Math.cos(0.4), Math.sin(0.4)];
/** Turned about the axis of the patient. */
const turned: PlanePlaces = {
  axial: { focus: [0, 0, 40], normal: [0, 0, -1], up: [0, -1, 0], zoom: 1 },
  coronal: { focus: [10, 5, 50], normal: [-sin, cos, 0], up: [0, 0, 1], zoom: 2.5 },
  sagittal: { focus: [10, 5, 50], normal: [cos, sin, 0], up: [0, 0, 1], zoom: 0.8 },
};
const change = (coronal: Partial<PlanePlaces['coronal']>): PlanePlaces => ({
  ...turned,
  coronal: { ...turned.coronal, ...coronal },
});

describe('planes that were kept', () => {
  it('come back where they meet in the volume, also when they were turned, moved and zoomed', () => {
    expect(meetIn(volume, turned)).toBe(true);
  });

  it.each([
    ['a direction that is none', change({ normal: [0, 0, 0] })],
    ['directions of another length', change({ up: [0, 0, 3] })],
    ['an upward direction that leaves the plane', change({ up: [-sin, cos, 0] })],
    ['two planes that are parallel', change({ normal: turned.sagittal.normal })],
    ['planes askew', change({ normal: [0, 1, 0] })],
    ['no zoom', change({ zoom: 0 })],
    ['a zoom beyond measure', change({ zoom: 1e6 })],
    ['a plane of another volume', change({ focus: [10, 900, 50] })],
  ])('are not taken: %s', (_, damaged) => {
    expect(meetIn(volume, damaged)).toBe(false);
  });

  it('are not taken where they meet beside the volume', () => {
    const axial = { ...turned.axial, focus: [0, 0, 160] as const };
    const coronal = { ...turned.coronal, focus: [-55, 110, 50] as const };
    const sagittal = { ...turned.sagittal, focus: [110, 55, 50] as const };
    expect(meetIn(volume, { ...turned, axial })).toBe(true);
    expect(meetIn(volume, { axial, coronal, sagittal })).toBe(false);
  });
});
