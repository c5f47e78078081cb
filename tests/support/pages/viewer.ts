/** The reading screen: the stack, the map over it, the analysis and its findings. */

import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Analysis, AnomalyMap, FrameRow } from '../../../preload/contract/model.ts';
import type { WorkstationBridge } from '../../../preload/contract/workstation.ts';
import type { Affine } from '../../../renderer/viewer/affine.ts';
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
  /** What an analysis that runs has found so far. */
  readonly soFar: Locator;

  constructor(window: Page) {
    this.#window = window;
    this.stack = window.getByTestId('stack');
    this.findings = window.getByTestId('finding');
    this.verdict = window.getByTestId('analysis-verdict');
    this.soFar = window.getByTestId('analysis-so-far');
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

  /** How many different grey levels a drawn picture has; a blank one has one. */
  async greys(testId = 'stack-image'): Promise<number> {
    return await this.#window.evaluate((id) => {
      const drawn = document.querySelector<HTMLCanvasElement>(`[data-testid="${id}"] canvas`);
      const copy = document.createElement('canvas');
      copy.width = 128;
      copy.height = 128;
      const context = copy.getContext('2d');
      if (!drawn || !context) return 0;
      context.drawImage(drawn, 0, 0, copy.width, copy.height);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      return new Set(data.filter((_, index) => index % 4 === 1)).size;
    }, testId);
  }

  /** Grey levels that take up more than a hundredth of the picture's canvas. */
  async broadGreys(): Promise<readonly number[]> {
    return await this.#window.evaluate(() => {
      const drawn = document.querySelector<HTMLCanvasElement>('[data-testid="stack-image"] canvas');
      const copy = document.createElement('canvas');
      copy.width = 256;
      copy.height = 256;
      const context = copy.getContext('2d');
      if (!drawn || !context) return [];
      context.drawImage(drawn, 0, 0, copy.width, copy.height);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      const counts = new Array<number>(256).fill(0);
      for (let at = 0; at < data.length; at += 4) counts[data[at]!]!++;
      return [...counts.keys()].filter((grey) => counts[grey]! > (copy.width * copy.height) / 100);
    });
  }

  /** Chooses from the layout menu: `layout-1x2`, `multiplanar`, `prior-beside`, `synchronise`. */
  async hang(choice: string): Promise<void> {
    await this.#window.getByTestId('layout').click();
    await this.#window.getByTestId(choice).click();
  }

  /** Of every place on the screen the index of its picture; NaN where it is empty or still loading. */
  frameIndices(): Promise<readonly number[]> {
    return this.#window
      .getByTestId('tile')
      .evaluateAll((tiles) =>
        tiles.map((tile) =>
          Number(tile.querySelector('[data-testid="stack"]')?.getAttribute('data-frame-index') ?? 'none'),
        ),
      );
  }

  /**
   * Looks at the words on every picture. @returns what meets other words, leaves its place or is cut without saying so; and
   * per picture which of what must stay is not there
   */
  wordsOff(): Promise<readonly string[]> {
    return this.#window.evaluate(() => {
      const slack = 0.5;
      return [...document.querySelectorAll<HTMLElement>('[data-testid="picture-words"]')].flatMap((words, place) => {
        const off: string[] = [];
        const around = words.getBoundingClientRect();
        const walker = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
        const said: { text: string; box: DOMRect; of: Element }[] = [];
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const of = node.parentElement!;
          if (!of.checkVisibility()) continue;
          const cell = of.closest('.corner')?.getBoundingClientRect() ?? around;
          const mayEnd = getComputedStyle(of).textOverflow === 'ellipsis';
          for (const { 0: text, index } of (node.nodeValue ?? '').matchAll(/\S+/g)) {
            const range = document.createRange();
            range.setStart(node, index);
            range.setEnd(node, index + text.length);
            for (const { left, top, right, bottom } of range.getClientRects()) {
              const end = mayEnd ? Math.min(right, cell.right) : right;
              if (end <= left) continue;
              said.push({ text, of, box: new DOMRect(left, top, end - left, bottom - top) });
              const isOut = [cell.left - left, end - cell.right, cell.top - top, bottom - cell.bottom];
              if (Math.max(...isOut) > 2 * slack) off.push(`${place}: '${text}' leaves its place`);
            }
          }
        }
        for (const [index, { text, of, box }] of said.entries())
          for (const other of said.slice(index + 1)) {
            const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
            const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
            // Lines of one block stand close: their boxes share the room between them.
            if (other.of !== of && across > slack && down > 3) off.push(`${place}: '${text}' meets '${other.text}'`);
          }
        return off;
      });
    });
  }

  /** What stands on each picture, by the names of what is looked for. */
  wordsThere(testIds: readonly string[]): Promise<readonly (readonly string[])[]> {
    return this.#window.evaluate(
      (wanted) =>
        [...document.querySelectorAll<HTMLElement>('[data-testid="picture-words"]')].map((words) =>
          wanted.filter((id) => words.querySelector(`[data-testid="${id}"]`)?.checkVisibility()),
        ),
      testIds,
    );
  }

  /** What is drawn in another size than its place has. */
  sizesOff(): Promise<readonly string[]> {
    return this.#window.evaluate(() =>
      [...document.querySelectorAll<HTMLCanvasElement>('.cornerstone-canvas')].flatMap((canvas, place) => {
        const wanted = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * devicePixelRatio));
        const isOff = canvas.width !== wanted[0] || canvas.height !== wanted[1];
        return isOff ? [`${place}: ${canvas.width} x ${canvas.height} in ${wanted.join(' x ')}`] : [];
      }),
    );
  }

  /** Width by height of what is not black in each picture, as it is on the screen; null where it reaches the edge. */
  shapes(): Promise<readonly (number | null)[]> {
    return this.#window.evaluate(() =>
      [...document.querySelectorAll<HTMLCanvasElement>('[data-rendered="true"] .cornerstone-canvas')].map((canvas) => {
        const { width, height, clientWidth, clientHeight } = canvas;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height);
        const [xs, ys] = [new Set<number>(), new Set<number>()];
        for (let at = 0; at < width * height; at++)
          if (data[4 * at]! > 32) {
            xs.add(at % width);
            ys.add(Math.floor(at / width));
          }
        const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
        if (left <= 0 || top <= 0 || right >= width - 1 || bottom >= height - 1) return null;
        const scale = Math.min(clientWidth / width, clientHeight / height);
        const isFilled = getComputedStyle(canvas).objectFit === 'fill';
        const [across, down] = isFilled ? [clientWidth / width, clientHeight / height] : [scale, scale];
        return ((right - left + 1) * across) / ((bottom - top + 1) * down);
      }),
    );
  }

  /** mm of the three planes along their normals: axial, coronal, sagittal. */
  async planePositions(): Promise<readonly number[]> {
    const planes = ['axial', 'coronal', 'sagittal'].map((plane) => this.#window.getByTestId(`plane-${plane}`));
    return await Promise.all(planes.map(async (plane) => Number(await plane.getAttribute('data-position'))));
  }

  /** Drags within one plane; places are shares of its area. */
  async dragPlane(plane: string, from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const box = await this.#window.getByTestId(`plane-${plane}`).boundingBox();
    if (!box) throw new Error(`The ${plane} plane is not on the screen.`);
    const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
    const { mouse } = this.#window;
    await mouse.move(...at(from));
    await mouse.down();
    await mouse.move(...at([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]));
    await mouse.move(...at(to));
    await mouse.up();
  }

  async clickPlane(plane: string, [x, y]: readonly [number, number]): Promise<void> {
    const { width, height } = (await this.#window.getByTestId(`plane-${plane}`).boundingBox())!;
    await this.#window.getByTestId(`plane-${plane}`).click({ position: { x: x * width, y: y * height } });
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

  /** Keeps the left button down at a place while something is looked at. */
  async hold(place: readonly [number, number], meanwhile: () => Promise<unknown>): Promise<void> {
    const at = await this.#placer();
    await this.#window.mouse.move(...at(place));
    await this.#window.mouse.down();
    await meanwhile();
    await this.#window.mouse.up();
  }

  /** How pixels of the picture come to the screen; see renderer/viewer/affine.ts. */
  async toScreen(): Promise<Affine> {
    return JSON.parse((await this.stack.getAttribute('data-to-screen')) ?? '');
  }

  /** Mean of the drawn picture, 0 to 255. */
  async meanGrey(): Promise<number> {
    return await this.#window.evaluate(() => {
      const drawn = document.querySelector<HTMLCanvasElement>('[data-testid="stack-image"] canvas');
      const copy = document.createElement('canvas');
      copy.width = 128;
      copy.height = 128;
      const context = copy.getContext('2d');
      const stack = document.querySelector<HTMLElement>('[data-testid="stack"]');
      if (!drawn || !context || !stack) throw new Error('There is no picture on the screen.');
      // Of the picture's own area: the ground around it stays black.
      const { a, d, e, f } = JSON.parse(stack.dataset.toScreen ?? '');
      const side = 64 * devicePixelRatio;
      context.drawImage(
        drawn,
        (e + 64 * a) * devicePixelRatio,
        (f + 64 * d) * devicePixelRatio,
        side,
        side,
        0,
        0,
        128,
        128,
      );
      const { data } = context.getImageData(0, 0, 128, 128);
      return data.reduce((sum, value, at) => (at % 4 === 1 ? sum + value : sum), 0) / (128 * 128);
    });
  }

  /** The highest opacity of anything that is drawn over the picture, or over a plane of a volume; 0 to 255. */
  async strongestOverlay(testId = 'overlay'): Promise<number> {
    return await this.#window.evaluate((id) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`[data-testid="${id}"]`);
      const { data } = canvas!.getContext('2d')!.getImageData(0, 0, canvas!.width, canvas!.height);
      return data.reduce((most, value, at) => (at % 4 === 3 && value > most ? value : most), 0);
    }, testId);
  }

  /**
   * Places are shares of the picture's area on the screen. The button is held for longer than Cornerstone waits for a
   * second click (400 ms): until then a first one selects nothing.
   */
  async click(place: readonly [number, number]): Promise<void> {
    const at = await this.#placer();
    await this.#window.mouse.click(...at(place), { delay: 600 });
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

  /** Pixels of the overlay with a colour, inside a box of the picture: left, top, width, height. Outlines count too. */
  async colouredIn([left, top, width, height]: readonly [number, number, number, number]): Promise<number> {
    return await this.#window.evaluate(
      ([x0, y0, x1, y1]) => {
        const stack = document.querySelector<HTMLElement>('[data-testid="stack"]');
        const canvas = document.querySelector<HTMLCanvasElement>('[data-testid="overlay"]');
        const context = canvas?.getContext('2d');
        if (!stack || !context) throw new Error('There is no overlay.');
        const { a, b, c, d, e, f } = JSON.parse(stack.dataset.toScreen ?? '');
        const at = (x: number, y: number) =>
          [a * x + c * y + e, b * x + d * y + f].map((value) => Math.round(value * devicePixelRatio)) as [
            number,
            number,
          ];
        const [[sx, sy], [tx, ty]] = [at(x0, y0), at(x1, y1)];
        const { data } = context.getImageData(sx, sy, Math.max(1, tx - sx), Math.max(1, ty - sy));
        return data.filter((alpha, place) => place % 4 === 3 && alpha > 0).length;
      },
      [left, top, left + width, top + height] as const,
    );
  }

  /** Where a pixel of the picture is, as shares of the picture's area on the screen. */
  async placeOf([x, y]: readonly [number, number]): Promise<[number, number]> {
    const { a, b, c, d, e, f } = JSON.parse((await this.stack.getAttribute('data-to-screen')) ?? '');
    const box = await this.#window.getByTestId('stack-image').boundingBox();
    if (!box) throw new Error('There is no picture on the screen.');
    return [(a * x + c * y + e) / box.width, (b * x + d * y + f) / box.height];
  }

  async #placer(): Promise<(place: readonly [number, number]) => [number, number]> {
    const box = await this.#window.getByTestId('stack-image').boundingBox();
    if (!box) throw new Error('There is no picture on the screen.');
    return ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  }

  /** What stands beside the measurements in a plane. */
  async measuredInPlane(plane: string): Promise<string> {
    return (await this.#window.locator(`[data-testid="plane-${plane}"] svg text`).allTextContents()).join(' ');
  }

  /** What stands beside each measurement in a plane. */
  async boxesInPlane(plane: string): Promise<readonly string[]> {
    return await this.#window.locator(`[data-testid="plane-${plane}"] svg text`).allTextContents();
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

  /**
   * Pixels of a frame whose middle Cornerstone draws in a tint, counted row by row: grey pictures are grey elsewhere.
   * `drawn` and `placed` are the test ids of what holds the canvas and of what says where the picture lies.
   */
  async tinted(drawn: string, placed: string, { columns, rows }: FrameRow): Promise<readonly number[]> {
    return await this.#window.evaluate(
      ([canvasOf, placeOf, width, height]) => {
        const source = document.querySelector<HTMLCanvasElement>(`[data-testid="${canvasOf}"] canvas`);
        const toScreen = document.querySelector<HTMLElement>(`[data-testid="${placeOf}"]`)?.dataset.toScreen;
        const copy = document.createElement('canvas');
        copy.width = source?.width ?? 0;
        copy.height = source?.height ?? 0;
        const context = copy.getContext('2d');
        if (!source || !context || toScreen === undefined) throw new Error('There is no picture on the screen.');
        context.drawImage(source, 0, 0);
        const { data } = context.getImageData(0, 0, copy.width, copy.height);
        const { a, b, c, d, e, f } = JSON.parse(toScreen);
        const isTinted = (place: number) => {
          const [x, y] = [(place % width) + 0.5, Math.floor(place / width) + 0.5];
          const [sx, sy] = [a * x + c * y + e, b * x + d * y + f].map((at) => Math.floor(at * devicePixelRatio));
          const at = 4 * (sy! * copy.width + sx!);
          return Math.abs(data[at]! - data[at + 2]!) > 8;
        };
        return Array.from({ length: width * height }, (_, place) => place).filter(isTinted);
      },
      [drawn, placed, columns, rows] as const,
    );
  }

  /**
   * Looks at every fourth pixel of a plane through a volume: how many are tinted, how many are not, and how many are so
   * though the voxel that the plane cuts there says otherwise. Pixels near the border between two voxels are left out.
   * @param mask 0 or 1, in the order of the slices, each row by row
   */
  async comparePlane(plane: string, slices: readonly FrameRow[], mask: Uint8Array) {
    const [first, last] = [slices[0]!, slices.at(-1)!];
    const orientation = first.imageOrientation ?? [];
    const [origin, end] = [first.imagePosition ?? [], last.imagePosition ?? []];
    const apart = end.map((value, axis) => (value - origin[axis]!) / (slices.length - 1));
    const [rowSpacing, columnSpacing] = first.pixelSpacing ?? [1, 1];
    // Each with its step in mm: along a row, along a column, from slice to slice.
    const steps = [
      orientation.slice(0, 3).map((value) => value * columnSpacing),
      orientation.slice(3).map((value) => value * rowSpacing),
      apart,
    ];
    return await this.#window.evaluate(
      ([id, origin, steps, size, voxels]) => {
        const element = document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
        const source = element?.querySelector('canvas');
        if (!element?.dataset.toPatient || !source) throw new Error('The plane is not on the screen.');
        const [corner, right, down] = JSON.parse(element.dataset.toPatient) as number[][];
        const copy = document.createElement('canvas');
        copy.width = source.width;
        copy.height = source.height;
        const context = copy.getContext('2d')!;
        context.drawImage(source, 0, 0);
        const { data } = context.getImageData(0, 0, copy.width, copy.height);
        const dot = (a: readonly number[], b: readonly number[]) =>
          a.reduce((sum, value, axis) => sum + value * b[axis]!, 0);
        const counts = { tinted: 0, plain: 0, wrong: 0 };
        for (let y = 0; y < copy.height; y += 4)
          for (let x = 0; x < copy.width; x += 4) {
            const [cx, cy] = [(x + 0.5) / devicePixelRatio, (y + 0.5) / devicePixelRatio];
            const from = corner!.map(
              (value, axis) => value + cx * (right![axis]! - value) + cy * (down![axis]! - value) - origin[axis]!,
            );
            const place = steps.map((step) => dot(from, step) / dot(step, step));
            if (place.some((value) => Math.abs(Math.abs(value - Math.round(value)) - 0.5) < 0.1)) continue;
            const [i, j, k] = place.map(Math.round) as [number, number, number];
            const inside = [i, j, k].every((value, axis) => value >= 0 && value < size[axis]!);
            const covered = inside && voxels[(k * size[1]! + j) * size[0]! + i] === 1;
            const at = 4 * (y * copy.width + x);
            const isTinted = Math.abs(data[at]! - data[at + 2]!) > 8;
            if (isTinted) counts.tinted++;
            else counts.plain++;
            if (isTinted !== covered) counts.wrong++;
          }
        return counts;
      },
      [`plane-${plane}`, origin, steps, [first.columns, first.rows, slices.length], [...mask]] as const,
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
