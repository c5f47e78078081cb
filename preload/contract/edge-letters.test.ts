import { describe, expect, it } from 'vitest';
import { edgeLetters, namedEdgeLetters } from './edge-letters.ts';

describe('orientation letters', () => {
  it('of an axial slice put the patient’s right on the left of the screen', () => {
    expect(edgeLetters([1, 0, 0, 0, 1, 0])).toEqual({ top: 'A', right: 'L', bottom: 'P', left: 'R' });
  });

  it('of a sagittal slice have the head on top', () => {
    expect(edgeLetters([0, 1, 0, 0, 0, -1])).toEqual({ top: 'H', right: 'P', bottom: 'F', left: 'A' });
  });

  it('name the larger component of an oblique direction first and leave out what hardly tilts', () => {
    expect(edgeLetters([0.8, 0.6, 0, -0.05, 0.06, -0.997])).toEqual({ top: 'H', right: 'LP', bottom: 'F', left: 'RA' });
  });

  it('turn and mirror with the picture', () => {
    const axial = [1, 0, 0, 0, 1, 0];
    // A quarter turn clockwise: the picture's x runs down the screen, its y to the left.
    expect(edgeLetters(axial, { a: 0, b: 2, c: -2, d: 0 })).toEqual({ top: 'R', right: 'A', bottom: 'L', left: 'P' });
    expect(edgeLetters(axial, { a: -3, b: 0, c: 0, d: 3 })).toEqual({ top: 'A', right: 'R', bottom: 'P', left: 'L' });
  });

  it('are missing where the file does not say', () => {
    expect(edgeLetters(null)).toBeNull();
    expect(edgeLetters([1, 0, 0])).toBeNull();
  });

  it('of a radiograph are those that its file names', () => {
    expect(namedEdgeLetters(['L', 'F'])).toEqual({ top: 'H', right: 'L', bottom: 'F', left: 'R' });
    expect(namedEdgeLetters(['PR', 'HA'])).toEqual({ top: 'FP', right: 'PR', bottom: 'HA', left: 'AL' });
    for (const unsaid of [[], ['L'], ['', ''], ['L', 'caudal']]) expect(namedEdgeLetters(unsaid)).toBeNull();
  });
});
