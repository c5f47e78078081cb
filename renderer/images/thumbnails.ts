/** Thumbnails as object URLs: few asked for at a time, the most recent kept. */
import type { FrameRef } from '../../preload/contract/model.ts';
import { call } from '../workstation.ts';
import { frameKey, frameRef } from './frame-key.ts';

const mostKept = 2000;
const mostAtOnce = 4;

const kept = new Map<string, Promise<string>>();
const waiting: (() => void)[] = [];
let running = 0;

/** The URL of a frame's thumbnail. Rejects with FaultError where the picture cannot be read. */
export function thumbnailUrl(frame: FrameRef): Promise<string> {
  const key = frameKey(frame);
  const known = kept.get(key);
  if (known) {
    kept.delete(key); // put back at the end: the first in the map is the one unused for longest
    kept.set(key, known);
    return known;
  }
  const url = load(frame);
  kept.set(key, url);
  url.catch(() => kept.delete(key));
  forgetOldest();
  return url;
}

async function load(frame: FrameRef): Promise<string> {
  if (running >= mostAtOnce) await new Promise<void>((go) => waiting.push(go));
  running++;
  try {
    const png = await call('images.thumbnail', frameRef(frame));
    return URL.createObjectURL(new Blob([png as Uint8Array<ArrayBuffer>], { type: 'image/png' }));
  } finally {
    running--;
    waiting.shift()?.();
  }
}

function forgetOldest(): void {
  for (const [key, url] of kept) {
    if (kept.size <= mostKept) return;
    kept.delete(key);
    void url.then((address) => URL.revokeObjectURL(address)).catch(() => undefined);
  }
}
