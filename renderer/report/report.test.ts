import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WorkstationBridge } from '../../preload/contract/workstation.ts';
import { draftOf } from './report.svelte.ts';

/** A main process that keeps one text, or fails to. */
const main = { impression: '', failing: false, saves: 0 };
const answer = (name: string, request: unknown) => {
  if (name === 'reports.save') {
    main.saves++;
    if (main.failing) return { ok: false, fault: { code: 'disk-full', message: 'The disk is full.' } };
    main.impression = (request as { impression: string }).impression;
  }
  return { ok: true, value: { state: 'draft', indication: '', technique: '', findings: '', ...main, updatedAt: '' } };
};

describe('the draft of a report', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    Object.assign(main, { impression: '', failing: false, saves: 0 });
    const bridge = {
      call: async (name: string, request: unknown) => answer(name, request),
      on: () => () => undefined,
    } as unknown as WorkstationBridge;
    vi.stubGlobal('window', Object.assign(new EventTarget(), { workstation: bridge }));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('that could not be stored is kept when the study is left, and stored once that is possible', async () => {
    const draft = draftOf('1.2');
    const leave = draft.follow();
    await vi.advanceTimersByTimeAsync(0);
    main.failing = true;
    draft.impression = 'Small bleed.';
    draft.edited();
    leave();
    await vi.advanceTimersByTimeAsync(0);
    expect([draft.saving, main.impression]).toEqual(['failed', '']);
    // Opened again, the text is there; nothing that main has replaces it.
    const again = draftOf('1.2');
    again.follow();
    await vi.advanceTimersByTimeAsync(0);
    expect(again.impression).toBe('Small bleed.');
    main.failing = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect([again.saving, main.impression]).toEqual(['saved', 'Small bleed.']);
    const { saves } = main;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(main.saves).toBe(saves);
  });

  it('that was stored leaves nothing behind', async () => {
    const draft = draftOf('1.3');
    const leave = draft.follow();
    draft.impression = 'Normal.';
    draft.edited();
    await vi.advanceTimersByTimeAsync(1000);
    expect(main.impression).toBe('Normal.');
    leave();
    expect(draftOf('1.3')).not.toBe(draft);
  });
});
