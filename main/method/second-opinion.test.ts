import { describe, expect, it } from 'vitest';
import { distanceOf, pictureFeature } from './memory-bank.ts';
import {
  departures,
  deviationsOf,
  evidenceOf,
  evidenceScale,
  evidenceWeights,
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

  it('counts evidence in deviations from the normals, the trained map in both directions', () => {
    const scale = evidenceScale([
      [1, 10, 5],
      [2, 20, 6],
      [3, 30, 7],
    ]);
    expect(scale).toEqual({ mean: [2, 20, 6], deviation: [1, 10, 1] });
    expect(departures([4, 10, 3], scale)).toEqual([2, -1, 3]);
    expect(fuse([2, -1, 3], [0.5, 0.25, 0.25])).toBe(1.5);
  });

  it('weighs evidence by how much better than chance it tells made anomalies from normals', () => {
    const normals = [
      [0, 0, 1, 5, 0],
      [1, 1, 0, 5, 1],
    ];
    const anomalies = [
      [2, 2, 0, 0, 2],
      [3, 0.5, 1, 1, 0.5],
    ];
    // AUROC 1, 3/4, 1/2, 0 and 3/4: gains of 1/2, 1/4, nothing, nothing for worse than chance, and 1/4 for each of two taps.
    expect(evidenceWeights(normals, anomalies)).toEqual([0.4, 0.2, 0, 0, 0.4]);
    expect(evidenceWeights(normals, normals)).toEqual([0.2, 0.2, 0.2, 0.2, 0.2]);
    expect(evidenceWeights(normals, [])).toEqual([0.2, 0.2, 0.2, 0.2, 0.2]);
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
