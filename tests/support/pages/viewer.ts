/** The reading screen: the stack, the map over it, the analysis and its findings. */

import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Analysis, AnomalyMap, FrameRow } from '../../../preload/contract/model.ts';
import type { WorkstationBridge } from '../../../preload/contract/workstation.ts';
import { askFor } from './bridge.ts';

/** How the pixels of the overlay agree with the map, at places well inside and well outside of what is shown. */
export interface OverlayCheck {
  /** Places whose surroundings are above the threshold. */
  readonly above: number;
  /** Of these, the coloured ones. */
  readonly aboveColoured: number;
  readonly below: number;
  readonly belowColoured: number;
}

export class ViewerPage {
  readonly #window: Page;
  readonly stack: Locator;
  readonly findings: Locator;
  readonly verdict: Locator;

  constructor(window: Page) {
    this.#window = window;
    this.stack = window.getByTestId('stack');
    this.findings = window.getByTestId('finding');
    this.verdict = window.getByTestId('analysis-verdict');
  }

  async open(): Promise<void> {
    await this.#window.getByTestId('nav-viewer').click();
    await this.stack.and(this.#window.locator('[data-rendered="true"]')).waitFor();
  }

  async analyse(): Promise<void> {
    await this.#window.getByTestId('analyse').click();
    await this.verdict.waitFor({ timeout: 120_000 });
  }

  async frameIndex(): Promise<number> {
    return Number(await this.stack.getAttribute('data-frame-index'));
  }

  /** How many different grey levels the drawn picture has; a blank one has one. */
  async greys(): Promise<number> {
    return await this.#window.evaluate(() => {
      const drawn = document.querySelector<HTMLCanvasElement>('[data-testid="stack-image"] canvas');
      const copy = document.createElement('canvas');
      copy.width = 128;
      copy.height = 128;
      const context = copy.getContext('2d');
      if (!drawn || !context) return 0;
      context.drawImage(drawn, 0, 0, copy.width, copy.height);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      return new Set(data.filter((_, index) => index % 4 === 1)).size;
    });
  }

  overlayState(): Promise<string | null> {
    return this.stack.getAttribute('data-overlay');
  }

  /** Presses a key with the focus on the picture. */
  async press(key: string): Promise<void> {
    await this.stack.focus();
    await this.#window.keyboard.press(key);
  }

  /** Presses, moves and lets go; places are shares of the picture's area on the screen. */
  async drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const at = await this.#placer();
    const { mouse } = this.#window;
    await mouse.move(...at(from));
    await mouse.down();
    await mouse.move(...at([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]));
    await mouse.move(...at(to));
    await mouse.up();
    await mouse.move(...at([0.95, 0.95]));
  }

  /** Draws a circle while the outline of a finding is asked for. */
  async drawOutline([x, y]: readonly [number, number], radius: number): Promise<void> {
    await this.#window.getByTestId('outliner').waitFor();
    const at = await this.#placer();
    const { mouse } = this.#window;
    await mouse.move(...at([x + radius, y]));
    await mouse.down();
    for (let step = 1; step < 24; step++) {
      const angle = (2 * Math.PI * step) / 24;
      await mouse.move(...at([x + radius * Math.cos(angle), y + radius * Math.sin(angle)]));
    }
    await mouse.up();
  }

  async #placer(): Promise<(place: readonly [number, number]) => [number, number]> {
    const box = await this.#window.getByTestId('stack-image').boundingBox();
    if (!box) throw new Error('There is no picture on the screen.');
    return ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  }

  /** What stands beside the measurements on the picture. */
  async measuredText(): Promise<string> {
    return (await this.#window.locator('[data-testid="stack-image"] svg text').allTextContents()).join(' ');
  }

  /** The numbers in it. */
  async measuredFigures(): Promise<readonly number[]> {
    return ((await this.measuredText()).match(/-?\d[\d,.]*/g) ?? []).map((figure) => Number(figure.replace(/,/g, '')));
  }

  async framesOf(studyInstanceUid: string): Promise<{ frames: readonly FrameRow[] }> {
    const { series } = await askFor(this.#window, 'studies.open', studyInstanceUid);
    return { frames: series[0]?.frames ?? [] };
  }

  async showOutlines(shown: boolean): Promise<void> {
    const toggle = this.#window.getByTestId('contours-toggle');
    if ((await toggle.getAttribute('aria-pressed')) !== String(shown)) await toggle.click();
  }

  /** Goes to the picture of a finding. */
  async goTo(finding: Locator): Promise<void> {
    await finding.getByTestId('finding-go').click();
  }

  /** The study's pictures in the order of its first series, and its newest analysis. */
  async whatIsShown(studyInstanceUid: string): Promise<{ frames: readonly FrameRow[]; analysis: Analysis }> {
    const { series } = await askFor(this.#window, 'studies.open', studyInstanceUid);
    const analysis = await askFor(this.#window, 'analyses.latest', studyInstanceUid);
    if (!analysis) throw new Error('The study was not analysed.');
    return { frames: series[0]?.frames ?? [], analysis };
  }

  /**
   * Compares what is drawn over the frame on the screen with the map that main has, once it is `shown` or `hidden`. The
   * outlines must be off, and the map shown from the calibration's threshold on.
   */
  async checkOverlay(
    analysis: Analysis,
    { sopInstanceUid, frame, columns, rows }: FrameRow,
    shown: 'shown' | 'hidden',
  ): Promise<OverlayCheck> {
    await expect.poll(() => this.overlayState()).toBe(shown);
    return await this.#window.evaluate(
      async ([id, threshold, ref, [columns, rows]]) => {
        const { workstation } = globalThis as unknown as { workstation: WorkstationBridge };
        const answer = await workstation.call('analyses.map', id, ref);
        if (!answer.ok) throw new Error(answer.fault.message);
        const map: AnomalyMap = answer.value;
        const stack = document.querySelector<HTMLElement>('[data-testid="stack"]');
        const canvas = document.querySelector<HTMLCanvasElement>('[data-testid="overlay"]');
        const context = canvas?.getContext('2d');
        if (!stack || !canvas || !context) throw new Error('There is no overlay.');
        const { a, b, c, d, e, f } = JSON.parse(stack.dataset.toScreen ?? '');
        const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);

        const isAbove = (x: number, y: number) => map.data[y * map.width + x]! >= threshold;
        const opaque = (x: number, y: number) => {
          const [px, py] = [((x + 0.5) * columns) / map.width, ((y + 0.5) * rows) / map.height];
          const [sx, sy] = [a * px + c * py + e, b * px + d * py + f].map((at) => Math.round(at * devicePixelRatio));
          if (sx! < 0 || sy! < 0 || sx! >= width || sy! >= height) return null;
          return data[4 * (sy! * width + sx!) + 3]! > 0;
        };
        const counts = { above: 0, aboveColoured: 0, below: 0, belowColoured: 0 };
        for (let y = 1; y < map.height - 1; y++)
          for (let x = 1; x < map.width - 1; x++) {
            const around = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => isAbove(x + dx, y + dy)));
            const [all, none] = [around.every(Boolean), !around.some(Boolean)];
            const coloured = all || none ? opaque(x, y) : null;
            if (coloured === null) continue;
            if (all) counts.above++;
            else counts.below++;
            if (coloured && all) counts.aboveColoured++;
            if (coloured && none) counts.belowColoured++;
          }
        return counts;
      },
      [analysis.id, analysis.calibration.threshold, { sopInstanceUid, frame }, [columns, rows]] as const,
    );
  }

  /** Of all findings, in the order shown. */
  decisions(): Promise<readonly (string | null)[]> {
    return this.findings.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-decision')));
  }

  async decide(finding: Locator, decision: 'accept' | 'reject', comment: string): Promise<void> {
    await this.goTo(finding);
    await finding.getByTestId(decision).click();
    const field = finding.getByTestId('finding-comment');
    await field.fill(comment);
    await field.blur();
  }
}
