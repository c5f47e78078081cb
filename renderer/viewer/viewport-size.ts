/** Keeps what Cornerstone draws in the size that its place has on the screen. */
import type { RenderingEngine, Types } from '@cornerstonejs/core';

/** Where Cornerstone draws, and the size that it has noted for that. */
type Sized = Pick<Types.IViewport, 'canvas' | 'sWidth' | 'sHeight'>;

/** In pixels of the screen. */
function sizeOfPlace({ canvas }: Sized): readonly [width: number, height: number] {
  const ratio = window.devicePixelRatio;
  return [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
}

/** Whether viewports are drawn in the sizes of their places, and will be the next time. */
export function fitPlaces(viewports: readonly Sized[]): boolean {
  return viewports.every((viewport) => {
    const [width, height] = sizeOfPlace(viewport);
    const { canvas, sWidth, sHeight } = viewport;
    return canvas.width === width && canvas.height === height && sWidth === width && sHeight === height;
  });
}

/**
 * Gives viewports the sizes of their places. The caller puts their cameras right and draws: while Cornerstone waits for a
 * frame, whatever it is for, it notes the sizes and does neither, and once a size is noted it may leave it so though the
 * place is back in the size that is drawn.
 */
export function takeSizes(engine: RenderingEngine, viewports: readonly Sized[]): void {
  engine.resize(true, true);
  for (const viewport of viewports) {
    const [width, height] = sizeOfPlace(viewport);
    if (width > 0 && height > 0) Object.assign(viewport, { sWidth: width, sHeight: height });
  }
}

/** Calls when the place of an element takes more or fewer pixels of the screen; returns the way to stop. */
export function onNewSize(element: Element, resized: () => void): () => void {
  const observer = new ResizeObserver(resized);
  // Also where the window comes to a finer screen, and the place stays as wide in CSS pixels.
  observer.observe(element, { box: 'device-pixel-content-box' });
  return () => observer.disconnect();
}
