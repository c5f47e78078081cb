import { describe, expect, it } from 'vitest';
import type { Annotation, Finding, FrameRow, SeriesDetail } from '../../preload/contract/model.ts';
import { findingSentences, measuredSize } from './sentences.ts';

const frame = (sopInstanceUid: string) => ({ sopInstanceUid, frame: 0, pixelSpacing: [0.5, 2] }) as unknown as FrameRow;
const series = [{ description: 'Axial', frames: [frame('1'), frame('2')] }] as unknown as SeriesDetail[];
const finding = (id: string, sopInstanceUid: string, change: Partial<Finding> = {}) =>
  ({
    id,
    sopInstanceUid,
    frame: 0,
    decision: 'accepted',
    comment: '',
    pValue: 0.05,
    longestDiameterMm: 12.34,
    areaMm2: 80,
    measurementId: null,
    ...change,
  }) as unknown as Finding;
const measurement = (tool: Annotation['tool'], points: number[]): Annotation => ({
  id: 'm',
  tool,
  sopInstanceUid: '1',
  frame: 0,
  points,
});

describe('accepted findings as sentences', () => {
  it('stand in the order of the pictures, without what was rejected or is open', () => {
    const findings = [
      finding('b', '2', { comment: 'With mass effect.' }),
      finding('a', '1'),
      finding('c', '1', { decision: 'rejected' }),
      finding('d', '1', { decision: 'open' }),
    ];
    expect(findingSentences(series, findings, [])).toEqual([
      { findingId: 'a', sentence: 'Image 1 of 2: region of 12.3 mm, 80 mm², p = 0.050.' },
      { findingId: 'b', sentence: 'Image 2 of 2: region of 12.3 mm, 80 mm², p = 0.050. With mass effect.' },
    ]);
  });

  it('follow the measurement that is linked', () => {
    const linked = finding('a', '1', { measurementId: 'm', pValue: null });
    const sentence = (points: number[]) =>
      findingSentences(series, [linked], [measurement('length', points)]).map((row) => row.sentence);
    expect(sentence([0, 0, 3, 16])).toEqual(['Image 1 of 2: region of 10 mm long.']);
    expect(sentence([0, 0, 6, 32])).toEqual(['Image 1 of 2: region of 20 mm long.']);
    expect(findingSentences(series, [linked], [])[0]?.sentence).toContain('12.3 mm');
  });

  it('measure with the spacing of rows and columns', () => {
    const size = (tool: Annotation['tool'], points: number[]) => measuredSize(measurement(tool, points), frame('1'));
    expect(size('angle', [1, 0, 0, 0, 0, 4])).toBe('an angle of 90°');
    expect(size('rectangle', [0, 0, 2, 0, 0, 8, 2, 8])).toBe('16 mm² in area');
    expect(size('ellipse', [1, 8, 1, 0, 0, 4, 2, 4])).toBe('12.6 mm² in area');
    expect(size('probe', [1, 1])).toBeNull();
    expect(measuredSize(measurement('length', [0, 0, 3, 4]), { ...frame('1'), pixelSpacing: null })).toBe('5 px long');
  });
});
