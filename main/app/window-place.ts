/** Where the window stands: kept with every move, so that it is there again after a restart, also after a crash. */
import { type BrowserWindow, type Rectangle, screen } from 'electron';
import { z } from 'zod';

const placeSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().positive(),
  height: z.int().positive(),
  maximised: z.boolean(),
});
export type WindowPlace = z.infer<typeof placeSchema>;

const pauseMs = 300;
/** Of its title, so that a person can take hold of it: pixels. */
const leastInSight = 100;

/** A kept place, where it still lies on a display; null elsewhere, e.g. when that display was taken away. */
export function parsePlace(kept: string | null): WindowPlace | null {
  try {
    const place = placeSchema.parse(JSON.parse(kept ?? 'null'));
    return screen.getAllDisplays().some(({ workArea }) => isInSight(place, workArea)) ? place : null;
  } catch {
    return null; // never kept, or by another version
  }
}

function isInSight(place: Rectangle, area: Rectangle): boolean {
  const across = Math.min(place.x + place.width, area.x + area.width) - Math.max(place.x, area.x);
  return across >= leastInSight && place.y >= area.y && place.y + leastInSight <= area.y + area.height;
}

/** Keeps the window's place whenever it was moved, resized or maximised. */
export function keepPlace(window: BrowserWindow, keep: (place: string) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const keepNow = () => {
    clearTimeout(timer);
    if (window.isDestroyed() || window.isMinimized()) return;
    const place: WindowPlace = { ...window.getNormalBounds(), maximised: window.isMaximized() };
    keep(JSON.stringify(place));
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(keepNow, pauseMs);
  };
  for (const change of ['resize', 'move', 'maximize', 'unmaximize'] as const) window.on(change as 'resize', soon);
  window.on('close', keepNow);
  window.on('closed', () => clearTimeout(timer));
}
