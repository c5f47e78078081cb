/** Thumbnails as PNG files: few asked for at a time, the most recent kept. */
import type { FrameRef } from '../../preload/contract/model.ts';
import { call } from '../workstation.ts';
import { frameKey, frameRef } from './frame-key.ts';

const mostKept = 2000;
const mostAtOnce = 4;

const kept = new Map<string, Promise<Blob>>();
const waiting: (() => void)[] = [];
let running = 0;

/** The thumbnail of a frame. Rejects with FaultError where the picture cannot be read. */
export function thumbnailOf(frame: FrameRef): Promise<Blob> {
  const key = frameKey(frame);
  const known = kept.get(key);
  if (known) {
    kept.delete(key); // put back at the end: the first in the map is the one unused for longest
    kept.set(key, known);
    return known;
  }
  const file = load(frame);
  kept.set(key, file);
  file.catch(() => kept.delete(key));
  for (const oldest of kept.keys()) {
    if (kept.size <= mostKept) break;
    kept.delete(oldest);
  }
  return file;
}

async function load(frame: FrameRef): Promise<Blob> {
  if (running >= mostAtOnce) await new Promise<void>((go) => waiting.push(go));
  running++;
  try {
    const png = await call('images.thumbnail', frameRef(frame));
    return new Blob([png as Uint8Array<ArrayBuffer>], { type: 'image/png' });
  } finally {
    running--;
    waiting.shift()?.();
  }
}
