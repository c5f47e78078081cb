import { describe, expect, it } from 'vitest';
import { anatomicalKinds, drawPhantom, HELD_OUT_SEEDS, lesionKinds, phantomKinds, showPhantom } from './phantom.ts';

const SEED = HELD_OUT_SEEDS + 7;
const SIZE = 96;

describe.each(phantomKinds)('phantom %s', (kind) => {
  const normal = drawPhantom(kind, SEED, { size: SIZE });

  it('repeats with its seed and changes with another', () => {
    expect(drawPhantom(kind, SEED, { size: SIZE }).values).toEqual(normal.values);
    expect(drawPhantom(kind, SEED + 1, { size: SIZE }).values).not.toEqual(normal.values);
  });

  it('keeps its values within the unit and uses them', () => {
    const [low, high] = { HU: [-1024, 3071], counts12: [0, 4095], grey8: [0, 255] }[normal.unit] as [number, number];
    let least = Infinity;
    let most = -Infinity;
    for (const value of normal.values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    expect(least).toBeGreaterThanOrEqual(low);
    expect(most).toBeLessThanOrEqual(high);
    expect(most - least).toBeGreaterThan((high - low) * 0.2);
    expect(normal.values).toHaveLength(SIZE * SIZE * normal.channels);
  });

  it('is without a lesion unless asked', () => {
    expect(normal.lesion).toBeNull();
    expect(normal.mask.every((inside) => inside === 0)).toBe(true);
  });

  it.each(lesionKinds(kind))('shows a %s where the mask says, on the same anatomy', (lesion) => {
    let marked = 0;
    let changedInside = 0;
    let changedOutside = 0;
    let outside = 0;
    for (let seed = SEED; seed < SEED + 4; seed++) {
      const without = drawPhantom(kind, seed, { size: SIZE });
      const withLesion = drawPhantom(kind, seed, { size: SIZE, lesion });
      for (let i = 0; i < without.mask.length; i++) {
        const changed = Math.abs(withLesion.values[i * normal.channels]! - without.values[i * normal.channels]!);
        if (withLesion.mask[i] === 1) {
          marked++;
          changedInside += changed;
        } else {
          outside++;
          changedOutside += changed;
        }
      }
    }
    expect(marked).toBeGreaterThan(0);
    expect(changedInside / marked).toBeGreaterThan((2 * changedOutside) / outside);
  });
});

describe('phantoms', () => {
  it('say in the caption what they show', () => {
    const words = drawPhantom('ct-head', SEED, { size: SIZE, lesion: 'subdural-bleed' }).caption;
    expect(words).toMatch(/subdural/);
    expect(words).toMatch(/head|brain/);
  });

  it('say nothing of a lesion that finds no place, and carry another where any will do', () => {
    const above = { size: SIZE, level: 0.95 }; // of the ventricles
    const phantom = drawPhantom('ct-head', SEED, { ...above, lesion: 'hydrocephalus' });
    expect(phantom.lesion).toBeNull();
    expect(phantom.caption).not.toMatch(/hydrocephalus|dilated/);
    expect(phantom.values).toEqual(drawPhantom('ct-head', SEED, above).values);
    for (let seed = SEED; seed < SEED + 20; seed++)
      expect(drawPhantom('ct-head', seed, { ...above, lesion: 'any' }).mask.includes(1), `${seed}`).toBe(true);
  });

  it('have the same anatomy at any size', () => {
    const mean = (size: number) => {
      const { values } = drawPhantom('ct-abdomen', SEED, { size });
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    expect(Math.abs(mean(128) - mean(256))).toBeLessThan(20);
  });

  it('hold tissue where the display window is', () => {
    for (const kind of anatomicalKinds) {
      const { data } = showPhantom(drawPhantom(kind, SEED, { size: SIZE }));
      const middle = data.filter((value) => value > 20 && value < 235).length / data.length;
      expect(middle, kind).toBeGreaterThan(0.12);
    }
  });

  it('refuse kinds and lesions that do not exist', () => {
    expect(() => drawPhantom('ct-head', 1, { lesion: 'unicorn' })).toThrow(/cannot carry/);
    expect(() => drawPhantom('ct-soul' as never, 1)).toThrow(/no phantom of kind/);
  });
});
