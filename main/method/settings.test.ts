import { describe, expect, it } from 'vitest';
import { completeSettings, publishedSettings } from './settings.ts';
import { publishedMixture } from './synthesis/synthesise.ts';

describe('settings of the method', () => {
  it('are as published where nothing is asked for', () => {
    expect(completeSettings({}, 'full')).toEqual(publishedSettings('full'));
    expect(completeSettings({ mixture: undefined }, 'causal').mixture).toEqual(publishedMixture);
  });

  it('take a mixture as relative shares', () => {
    const none = { 'gauss-intensity': 0, 'smooth-intensity': 0, source: 0, identity: 0 };
    expect(completeSettings({ mixture: { ...none, 'cut-paste': 1, sink: 3 } }, 'full').mixture).toEqual({
      ...none,
      'cut-paste': 0.25,
      sink: 0.75,
    });
  });

  it('refuse a mixture that makes no anomaly, a negative share and a class without phrases', () => {
    const zero = { 'cut-paste': 0, 'gauss-intensity': 0, 'smooth-intensity': 0, source: 0, sink: 0, identity: 1 };
    expect(() => completeSettings({ mixture: zero }, 'full')).toThrow(/at least one kind besides "identity"/);
    expect(() => completeSettings({ mixture: { ...zero, sink: -1 } }, 'full')).toThrow(/from 0 on/);
    expect(() => completeSettings({ phrases: { normal: [' '], abnormal: ['mass'] } }, 'full')).toThrow(
      /one phrase for normal/,
    );
  });
});
