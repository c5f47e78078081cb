import { describe, expect, it } from 'vitest';
import { presetsFor, sameWindow } from './window-presets.ts';

const file = {
  asked: { center: 200, width: 400 },
  further: [{ center: 90, width: 60, explanation: 'BRAIN' }],
  range: { center: 1024, width: 2048 },
};

describe('windows on the keys', () => {
  it('are the usual ones in HU for CT, whatever the file says', () => {
    const presets = presetsFor('CT', file);
    expect(presets.map(({ key }) => key)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(presets[4]).toEqual({ key: '5', name: 'Brain', center: 40, width: 80 });
  });

  it('follow from the file for other modalities, and there are none before it is here', () => {
    expect(presetsFor('MR')).toEqual([]);
    expect(presetsFor('MR', file)).toEqual([
      { key: '1', name: 'Full range', center: 1024, width: 2048 },
      { key: '2', name: 'More contrast', center: 200, width: 200 },
      { key: '3', name: 'Less contrast', center: 200, width: 800 },
      { key: '4', name: 'Brighter', center: 100, width: 400 },
      { key: '5', name: 'Darker', center: 300, width: 400 },
      { key: '6', name: 'BRAIN', center: 90, width: 60 },
    ]);
    const many = { ...file, further: Array.from({ length: 9 }, () => file.further[0]!) };
    expect(presetsFor('CR', many).length).toBe(9);
  });

  it('are told apart beyond rounding', () => {
    expect(sameWindow({ center: 40.0001, width: 80 }, { center: 40, width: 80 })).toBe(true);
    expect(sameWindow({ center: 41, width: 80 }, { center: 40, width: 80 })).toBe(false);
    expect(sameWindow({ center: 0.5, width: 0.9 }, { center: 0.5, width: 1 })).toBe(false);
  });
});
