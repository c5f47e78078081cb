import { describe, expect, it } from 'vitest';
import { shareTicks } from './share-ticks.ts';

describe('the ticks of the colour bar', () => {
  const range = { low: 0, high: 1 };
  const scores = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);
  const peaks = { scores, weights: scores.map(() => 1) };

  it('stand where the share of normals falls to a level, and leave out what so few normals cannot state', () => {
    // With 19 normals the highest one reaches what (1 + 1) / 20 = 10% reach, the one before it (1 + 2) / 20.
    expect(shareTicks(peaks, range)).toEqual([
      { value: 0.55, share: 0.5 },
      { value: 0.85, share: 0.2 },
      { value: 0.95, share: 0.1 },
    ]);
  });

  it('count patients, not images', () => {
    // Each normal three times, of the same patient: as above.
    const thrice = { scores: scores.flatMap((score) => [score, score, score]), weights: Array(57).fill(1 / 3) };
    expect(shareTicks(thrice, range)).toEqual(shareTicks(peaks, range));
  });

  it('keep their distance', () => {
    expect(shareTicks(peaks, { low: -2, high: 2 }).map(({ share }) => share)).toEqual([0.5, 0.2]);
  });

  it('are none without normals', () => {
    expect(shareTicks({ scores: [], weights: [] }, range)).toEqual([]);
  });
});
