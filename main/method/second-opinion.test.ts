import { describe, expect, it } from 'vitest';
import { distanceOf, pictureFeature } from './memory-bank.ts';
import {
  deviationsOf,
  evidenceOf,
  evidenceScale,
  fuse,
  placeStatistics,
  scoreOf,
  unusualness,
} from './second-opinion.ts';

const grid = 4;
/** Distances that are always high in the last column, as at an edge. */
const normal = (shift: number) =>
  Float32Array.from({ length: grid * grid }, (_, i) => (i % grid === 3 ? 0.5 : 0.1) + shift * (i % 2 ? 0.01 : -0.01));
const normals = [-2, -1, 0, 1, 2].map(normal);

describe('the memory bank as a second opinion', () => {
  it('finds the place that is unusual for itself, not the one that is always far', () => {
    const picture = normal(0);
    picture[5] = 0.45; // still below what the last column always has
    const places = unusualness(picture, placeStatistics(normals, grid));
    expect(places.indexOf(Math.max(...places))).toBe(5);
  });

  it('keeps a place that never varied from alarming on its own', () => {
    const same = [0, 1, 2].map(() => new Float32Array(16).fill(0.2));
    const { deviation } = placeStatistics(same, grid);
    expect(Math.min(...deviation)).toBeCloseTo(0.01); // a twentieth of the mean
  });

  it('averages the most unusual twentieth of the places for the local evidence', () => {
    const statistics = { mean: new Float32Array(40), deviation: new Float32Array(40).fill(1) };
    const patches = new Float32Array(40);
    patches[3] = 6;
    patches[17] = 4;
    patches[30] = 1;
    expect(evidenceOf({ patches, picture: 0.3 }, statistics)).toEqual([5, 0.3]);
  });

  it('counts evidence in deviations above the normals and weighs it', () => {
    const scale = evidenceScale([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
    expect(scale).toEqual({ mean: [2, 20], deviation: [1, 10] });
    expect(fuse([4, 20], scale, [3, 1])).toBe(1.5); // (3 * 2 + 1 * 0) / 4
  });

  it('scores normal at one half, in order, without ever reaching 0 or 1', () => {
    expect([0, 4, 12].map(scoreOf)).toEqual([0.5, 0.75, 0.875]);
    expect(scoreOf(-4)).toBe(0.25);
    expect(scoreOf(1000)).toBeLessThan(1);
    expect(scoreOf(1001)).toBeGreaterThan(scoreOf(1000));
    for (const deviations of [-3, 0, 0.5, 20]) expect(deviationsOf(scoreOf(deviations))).toBeCloseTo(deviations, 10);
  });
});

describe('whole pictures', () => {
  it('are compared by the direction of their mean patch', () => {
    const a = pictureFeature(Float32Array.of(3, 0, 3, 8), 2);
    expect(Array.from(a)).toEqual([Math.fround(6 / 10), Math.fround(8 / 10)]);
    expect(distanceOf(a, a)).toBeCloseTo(0);
    expect(distanceOf(a, pictureFeature(Float32Array.of(-8, 6), 2))).toBeCloseTo(1);
  });
});
