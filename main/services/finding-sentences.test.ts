import { describe, expect, it } from 'vitest';
import type { Annotation, Finding, FrameRow, SeriesDetail } from '../../preload/contract/model.ts';
import { findingSentences, measure } from './finding-sentences.ts';

const frame = (sopInstanceUid: string) =>
  ({ sopInstanceUid, frame: 0, pixelSpacing: [0.5, 2], spacingAtDetector: false }) as unknown as FrameRow;
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
    areaMm2: 1080,
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
  it('stand in the order of the pictures, numbered, without what was rejected or is open', () => {
    const findings = [
      finding('b', '2', { comment: 'With mass effect.' }),
      finding('a', '1'),
      finding('c', '1', { decision: 'rejected' }),
      finding('d', '1', { decision: 'open' }),
    ];
    expect(findingSentences(series, findings, [], 'en')).toEqual([
      {
        findingId: 'a',
        number: 1,
        sentence: 'Image 1 of 2: region of 12.3 mm, 1,080 mm², p = 0.050.',
        measured: null,
      },
      {
        findingId: 'b',
        number: 2,
        sentence: 'Image 2 of 2: region of 12.3 mm, 1,080 mm², p = 0.050. With mass effect.',
        measured: null,
      },
    ]);
    const [german] = findingSentences(series, findings, [], 'de');
    expect(german?.sentence).toBe('Bild 1 von 2: Bereich von 12,3 mm, 1.080 mm², p = 0,050.');
  });

  it('name the series where there are several, and the size in pixels where no spacing is known', () => {
    const other = { description: '', seriesNumber: 7, frames: [frame('3')] } as unknown as SeriesDetail;
    const there = finding('a', '3', { areaMm2: null, longestDiameterMm: null, box: [0, 0, 4.4, 6], pValue: 0.0004 });
    expect(findingSentences([...series, other], [there], [], 'en')[0]?.sentence).toBe(
      'Image 1 of 1, 7: region of 4 × 6 pixels, size in mm unknown, p < 0.001.',
    );
  });

  it('follow the measurement that is linked', () => {
    const linked = finding('a', '1', { measurementId: 'm', pValue: null });
    const sentence = (points: number[]) => findingSentences(series, [linked], [measurement('length', points)], 'en')[0];
    expect(sentence([0, 0, 3, 16])).toMatchObject({
      sentence: 'Image 1 of 2: region of 10 mm long.',
      measured: { quantity: 'length', value: 10, unit: 'mm', tool: 'length', points: [0, 0, 3, 16] },
    });
    expect(sentence([0, 0, 6, 32])?.sentence).toBe('Image 1 of 2: region of 20 mm long.');
    expect(findingSentences(series, [linked], [], 'en')[0]?.sentence).toContain('12.3 mm');
    const probed = findingSentences(series, [linked], [measurement('probe', [1, 1])], 'en')[0];
    expect(probed).toMatchObject({ sentence: expect.stringContaining('12.3 mm'), measured: null });
  });

  it('say where sizes hold on the detector alone', () => {
    const radiograph = [
      { description: 'PA', frames: [{ ...frame('1'), spacingAtDetector: true }] },
    ] as unknown as SeriesDetail[];
    const said = (change: Partial<Finding>, language: 'en' | 'de' = 'en', tool: Annotation['tool'] = 'length') =>
      findingSentences(
        radiograph,
        [finding('a', '1', { pValue: null, ...change })],
        [measurement(tool, [0, 0, 3, 16, 0, 0])],
        language,
      )[0];
    expect(said({})?.sentence).toBe('Image 1 of 1: region of 12.3 mm, 1,080 mm² (detector).');
    expect(said({}, 'de')?.sentence).toBe('Bild 1 von 1: Bereich von 12,3 mm, 1.080 mm² (Detektor).');
    expect(said({ measurementId: 'm' })).toMatchObject({
      sentence: 'Image 1 of 1: region of 10 mm (detector) long.',
      measured: { unit: 'mm', atDetector: true },
    });
    expect(said({ measurementId: 'm' }, 'en', 'angle')?.sentence).not.toContain('detector');
  });

  it('measure with the spacing of rows and columns', () => {
    const size = (tool: Annotation['tool'], points: number[], spacing = frame('1')) => {
      const { quantity, value, unit } = measure(measurement(tool, points), spacing)!;
      return [quantity, value, unit];
    };
    expect(size('angle', [1, 0, 0, 0, 0, 4])).toEqual(['angle', 90, 'deg']);
    expect(size('rectangle', [0, 0, 2, 0, 0, 8, 2, 8])).toEqual(['area', 16, 'mm2']);
    expect(size('ellipse', [1, 8, 1, 0, 0, 4, 2, 4])).toEqual(['area', 12.566, 'mm2']);
    const unspaced = { ...frame('1'), pixelSpacing: null };
    expect(size('length', [0, 0, 3, 4], unspaced)).toEqual(['length', 5, 'pixels']);
    expect(size('rectangle', [0, 0, 2, 0, 0, 8, 2, 8], unspaced)).toEqual(['area', 16, 'pixels']);
  });
});
