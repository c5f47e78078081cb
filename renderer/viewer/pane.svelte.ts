/** One place on the screen: which stack it shows, and where in it the reader is. */
import type { FrameRow, SeriesDetail } from '../../preload/contract/model.ts';
import type { PlanePlaces } from '../../preload/contract/reading-room.ts';
import type { Reading } from './reading.svelte.ts';
import type { StackView } from './stack-view.ts';
import { type FileWindows, sameWindow, type WindowLevel } from './window-presets.ts';

export class Pane {
  /** The study; null while the place is empty. */
  reading: Reading | null = $state.raw(null);
  seriesIndex: number = $state(0);
  /** The picture that is on the screen. */
  frameIndex: number = $state(0);
  inverted: boolean = $state(false);
  /** Once the viewer runs. */
  view: StackView | null = $state.raw(null);
  element: HTMLElement | null = $state.raw(null);
  /** Once a first picture is on the screen here, or it is known that it cannot be shown. */
  settled: boolean = $state(false);
  /** In place of the window that the file asks for. */
  startWindow: WindowLevel | null = null;
  /** The window that was chosen for what it shows; null for the one that the file asks for. */
  window: WindowLevel | null = $state.raw(null);
  /** How the planes through its stack lie while they are shown; null for the standard ones. */
  planes: PlanePlaces | null = $state.raw(null);
  /** Of the picture on the screen. */
  fileWindows: FileWindows | null = $state.raw(null);
  /** Where it was when stacks were last tied together; see synchrony.ts. */
  tiedAt = 0;

  readonly series: SeriesDetail | undefined = $derived(this.reading?.detail?.series[this.seriesIndex]);
  readonly frame: FrameRow | undefined = $derived(this.series?.frames[this.frameIndex]);

  put(
    reading: Reading,
    seriesIndex: number,
    frameIndex = 0,
    window = this.startWindow,
    planes: PlanePlaces | null = null,
  ): void {
    this.window = window;
    this.planes = planes;
    this.fileWindows = null;
    this.reading = reading;
    this.seriesIndex = seriesIndex;
    this.frameIndex = frameIndex;
  }

  empty(): void {
    this.reading = null;
    this.seriesIndex = 0;
    this.frameIndex = 0;
  }

  /** Notes in which window its pictures are drawn. */
  drawnIn(window: WindowLevel, file: FileWindows | null): void {
    if (file && sameWindow(window, file.asked)) this.window = null;
    else if (!this.window || !sameWindow(window, this.window)) this.window = window;
  }

  shows(reading: Reading, seriesIndex: number): boolean {
    return this.reading === reading && this.seriesIndex === seriesIndex;
  }

  /** Goes to a picture of its stack. */
  goTo(frameIndex: number): void {
    if (this.view) this.view.goTo(frameIndex);
    else this.frameIndex = frameIndex;
  }

  /** Shows its stacks in a window of their own from now on; null for the one that the file asks for. */
  startWith(window: WindowLevel | null): void {
    this.startWindow = window;
    if (window) this.window = window;
    if (window) this.view?.setWindow(window);
  }

  focus(): void {
    this.element?.focus({ preventScroll: true });
  }
}
