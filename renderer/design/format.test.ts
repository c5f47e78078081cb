import { describe, expect, it } from 'vitest';
import { language } from '../language/language.svelte.ts';
import {
  count,
  formatDicomDate,
  formatDicomTime,
  formatDuration,
  formatInterval,
  formatPersonName,
  formatPValue,
  formatScore,
  formatShare,
  formatWindow,
} from './format.ts';

describe('how values read', () => {
  it('turns DICOM person names around', () => {
    expect(formatPersonName('Doe^Jane^M')).toBe('Doe, Jane M');
    expect(formatPersonName('Yamada^Tarou=山田^太郎=やまだ^たろう')).toBe('Yamada, Tarou · 山田, 太郎');
    expect(formatPersonName('PHANTOM')).toBe('PHANTOM');
    expect(formatPersonName('')).toBe('No name');
  });

  it('reads DICOM dates and times, the old dotted form too', () => {
    language.tag = 'de';
    expect(formatDicomDate('20240305')).toBe('05.03.2024');
    language.tag = 'en';
    expect(formatDicomDate('1997.03.05')).toBe('Mar 5, 1997');
    expect(formatDicomDate('20249999')).toBe('20249999');
    expect(formatDicomDate('')).toBe('');
    expect(formatDicomTime('073015.25')).toBe('07:30');
  });

  it('states durations in two units at most', () => {
    expect([9.6, 200, 3900].map(formatDuration)).toEqual(['10 s', '3 min 20 s', '1 h 05 min']);
  });

  it('never claims a p-value of zero', () => {
    expect(formatPValue(0.0004)).toBe('p < 0.001');
    expect(formatPValue(0.0476)).toBe('p = 0.048');
  });

  it('writes figures as the language does', () => {
    language.tag = 'de';
    expect([formatPValue(0.0476), formatPValue(0), formatScore(0.5), formatShare(0.025)]).toEqual([
      'p = 0,048',
      'p < 0,001',
      '0,500',
      '2,5\u00a0%',
    ]);
    expect(formatInterval({ value: 0.9134, low: 0.85, high: 0.97 })).toBe('0,913 (0,85–0,97)');
    language.tag = 'en';
    expect(formatInterval({ value: 0.9134, low: 0.85, high: 0.97 })).toBe('0.913 (0.85–0.97)');
  });

  it('states windows in whole values where they are wide', () => {
    expect(formatWindow({ center: -0.4, width: 1500 })).toBe('W 1500  L 0');
    expect(formatWindow({ center: 0.5, width: 0.25 })).toBe('W 0.25  L 0.5');
  });

  it('keeps shares and counts short', () => {
    expect([0.05, 0.025, 0.1].map(formatShare)).toEqual(['5%', '2.5%', '10%']);
    expect([count(1, 'image'), count(2, 'image'), count(1, 'study', 'studies')]).toEqual([
      '1 image',
      '2 images',
      '1 study',
    ]);
  });
});
