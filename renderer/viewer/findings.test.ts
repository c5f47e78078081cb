import { describe, expect, it } from 'vitest';
import type { Finding, FrameRef, FrameRow, SeriesDetail } from '../../preload/contract/model.ts';
import { frameKey } from '../images/frame-key.ts';
import { byPlace, findingOrder, formatSize, placesOf } from './findings.ts';

const finding = (id: string, sopInstanceUid: string, peakScore: number): Finding => ({
  id,
  analysisId: 'a',
  sopInstanceUid,
  frame: 0,
  box: [10, 10, 20.4, 8],
  outline: [],
  peakScore,
  pValue: null,
  areaMm2: 120.4,
  longestDiameterMm: 15.26,
  decision: 'open',
  comment: '',
  decidedBy: null,
  decidedAt: null,
  drawnBy: null,
  measurementId: null,
});
const series = [{ frames: [{ sopInstanceUid: '1', frame: 0 }] }, { frames: [{ sopInstanceUid: '2', frame: 0 }] }];
const inPatient = { pixelSpacing: [0.5, 0.5], spacingAtDetector: false } as unknown as FrameRow;
const places = placesOf(series as unknown as SeriesDetail[]);

describe('findings', () => {
  const found = [finding('x', '2', 0.6), finding('y', '1', 0.5), finding('z', '2', 0.8)];

  it('are gone through from the most suspicious on', () => {
    const place = (ref: FrameRef) => places.get(frameKey(ref));
    expect(findingOrder(found, place).map(({ id }) => id)).toEqual(['z', 'x', 'y']);
    // Alike: as the stack scrolls, whatever their ids are.
    const alike = [finding('a', '2', 0.6), finding('b', '1', 0.6)];
    expect(findingOrder(alike, place).map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it('are gone through as the stack scrolls', () => {
    const ordered = byPlace(found, (ref) => places.get(frameKey(ref)));
    expect(ordered.map(({ id }) => id)).toEqual(['y', 'z', 'x']);
  });

  it('state a size in mm only where the spacing is known', () => {
    expect(formatSize(found[0]!, inPatient)).toBe('15.3 mm, 120 mm²');
    expect(formatSize(found[0]!, { ...inPatient, spacingAtDetector: true })).toBe('15.3 mm, 120 mm² (detector)');
    expect(formatSize({ ...found[0]!, areaMm2: null, longestDiameterMm: null }, inPatient)).toBe(
      '20 × 8 pixels, size in mm unknown',
    );
  });
});
