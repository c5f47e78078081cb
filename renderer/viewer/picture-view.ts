import type { WindowLevel } from './window-presets.ts';

/** What keys and the toolbar do with whatever shows pictures: a stack, or a volume in three planes. */
export interface PictureView {
  /** Of the stack, or of the plane that has the keys. */
  readonly element: HTMLDivElement;
  scroll(step: number): void;
  /** To a picture of the stack. */
  goTo(index: number): void;
  setWindow(window: WindowLevel): void;
  /** The window that the file asks for. */
  resetWindow(): void;
  toggleInvert(): void;
  /** Window, zoom and position as at the start. */
  resetLook(): void;
}
