/**
 * What the measurement of rendering does within the page. Each function is sent there as its own source: it may use
 * nothing but the page and one another.
 */
import type { RenderingFigures } from '../bench/suite.ts';

/** Searches the worklist for a patient id, opens the study, waits for its picture; ms from the double click. */
export async function openInPage(patientId: string): Promise<number> {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const until = async <T>(look: () => T | null | undefined | false): Promise<T> => {
    for (;;) {
      const found = look();
      if (found) return found;
      await frame();
    }
  };
  const find = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
  find('nav-worklist')?.click();
  const search = (await until(() => find('worklist-search'))) as HTMLInputElement;
  search.value = patientId;
  search.dispatchEvent(new Event('input', { bubbles: true }));
  const row = await until(() => {
    const rows = [...document.querySelectorAll<HTMLElement>('[data-testid="study-row"]')];
    return rows.length === 1 && rows[0]?.textContent?.includes(patientId) && rows[0];
  });
  const started = performance.now();
  row.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
  await until(() => find('stack')?.dataset.rendered === 'true');
  await frame();
  return performance.now() - started;
}

/** Scrolls the open stack down, to its end at most, and looks at every frame that is drawn meanwhile. */
export async function scrollInPage(mostSteps: number, perSecond: number): Promise<RenderingFigures['scroll']> {
  const frame = () => new Promise<number>((done) => requestAnimationFrame(done));
  const small = document.createElement('canvas');
  small.width = 16;
  small.height = 16;
  const context = small.getContext('2d', { willReadFrequently: true })!;
  const isBlank = () => {
    const drawn = document.querySelector<HTMLCanvasElement>('[data-testid="stack-image"] canvas');
    if (!drawn) return true;
    context.drawImage(drawn, 0, 0, 16, 16);
    const { data } = context.getImageData(0, 0, 16, 16);
    return !data.some((value, index) => index % 4 !== 3 && value > 8);
  };
  const shown = () => Number(document.querySelector<HTMLElement>('[data-testid="stack"]')?.dataset.frameIndex);
  const start = shown();
  const strip = document.querySelector('[data-testid="score-strip"]');
  const steps = Math.min(mostSteps, Number(strip?.getAttribute('aria-valuemax')) - 1 - start);
  const started = await frame();
  let [frames, blankFrames, mostBehind, asked] = [0, 0, 0, 0];
  let now = started;
  while (asked < steps) {
    const due = Math.min(steps, Math.floor(((now - started) / 1000) * perSecond) + 1);
    for (; asked < due; asked++) window.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown' }));
    now = await frame();
    frames++;
    if (isBlank()) blankFrames++;
    mostBehind = Math.max(mostBehind, start + asked - shown());
  }
  return { steps, perSecond, frames, blankFrames, mostBehind, framesPerSecond: (1000 * frames) / (now - started) };
}

/** Puts the map of the open study on and off by its key. */
export async function toggleInPage(times: number): Promise<RenderingFigures['overlay']> {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const state = () => document.querySelector<HTMLElement>('[data-testid="stack"]')?.dataset.overlay;
  while (state() !== 'shown') await frame();
  const figures: { frames: number[]; ms: number[] } = { frames: [], ms: [] };
  for (let time = 0; time < times; time++) {
    await frame();
    const before = state();
    const started = performance.now();
    window.dispatchEvent(new KeyboardEvent('keydown', { key: ' ' }));
    let frames = 0;
    do {
      await frame();
      frames++;
    } while (state() === before);
    figures.frames.push(frames);
    figures.ms.push(performance.now() - started);
  }
  return figures;
}

/** Closes the open study, and what nothing needs any more with it; MB of the page's heap. */
export async function closeInPage(): Promise<number> {
  document.querySelector<HTMLElement>('[data-testid="nav-worklist"]')?.click();
  await new Promise((done) => setTimeout(done, 300));
  (globalThis as { gc?: () => void }).gc?.();
  const { memory } = performance as Performance & { memory?: { usedJSHeapSize: number } };
  return (memory?.usedJSHeapSize ?? 0) / 2 ** 20;
}

/**
 * Opens and closes studies one after the other; MB of the page's heap after that. Many in one call: every call from outside
 * is a script of its own that stays compiled, some 9 KB of heap, which the window would be blamed for.
 */
export async function readInPage(patientIds: readonly string[]): Promise<number> {
  let heapMb = 0;
  for (const patientId of patientIds) {
    await openInPage(patientId);
    heapMb = await closeInPage();
  }
  return heapMb;
}
