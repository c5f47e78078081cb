/** Pictures for the window: stored pixels and thumbnails, read by the reader process and kept for a while. */
import type { FramePixels, FrameRef } from '../../preload/contract/model.ts';
import type { FrameSource } from '../reader/tasks.ts';
import { storedFile, verifyBlob } from '../store/blobs.ts';
import type { Store } from '../store/store.ts';
import { getFrame } from '../store/studies.ts';
import { readFile } from './reading.ts';
import type { Workstation } from './workstation.ts';

const THUMBNAIL_SIDE = 160;
const KEPT_PIXEL_BYTES = 256 * 1024 * 1024;
const KEPT_THUMBNAIL_BYTES = 32 * 1024 * 1024;

export class Images {
  readonly #station: Workstation;
  readonly #pixels = new RecentlyUsed<FramePixels>(KEPT_PIXEL_BYTES);
  readonly #thumbnails = new RecentlyUsed<Uint8Array>(KEPT_THUMBNAIL_BYTES);

  constructor(station: Workstation) {
    this.#station = station;
  }

  /** @throws Fault `not-found`; `bad-file` where the stored file was damaged; the reader's own. */
  async pixels(ref: FrameRef): Promise<FramePixels> {
    const key = keyOf(ref);
    const kept = this.#pixels.get(key);
    if (kept) return kept;
    const pixels = await readFile(this.#station, 'pixels', await verifiedSource(this.#station.store, ref));
    this.#pixels.set(key, pixels, pixels.data.byteLength);
    return pixels;
  }

  /** PNG bytes. @throws Fault as `pixels` */
  async thumbnail(ref: FrameRef): Promise<Uint8Array> {
    const key = keyOf(ref);
    const kept = this.#thumbnails.get(key);
    if (kept) return kept;
    const source = await verifiedSource(this.#station.store, ref);
    const png = await readFile(this.#station, 'thumbnail', { ...source, side: THUMBNAIL_SIDE });
    this.#thumbnails.set(key, png, png.byteLength);
    return png;
  }
}

const verified = new Set<string>();

/**
 * Where a stored frame lies, after its file was checked against its hash once in this session.
 * @throws Fault `not-found`, `bad-file`
 */
export async function verifiedSource({ db, folder }: Store, ref: FrameRef): Promise<FrameSource> {
  const { fileSha256 } = getFrame(db, ref);
  const file = storedFile(folder, fileSha256);
  if (!verified.has(file.path)) {
    await verifyBlob(folder, fileSha256);
    verified.add(file.path);
  }
  return { ...file, frame: ref.frame };
}

const keyOf = (ref: FrameRef) => `${ref.sopInstanceUid}/${ref.frame}`;

/** Keeps what was used last, up to a number of bytes. A Map remembers the order of insertion. */
class RecentlyUsed<T> {
  readonly #limit: number;
  readonly #entries = new Map<string, { readonly value: T; readonly bytes: number }>();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: T, bytes: number): void {
    this.#drop(key);
    if (bytes > this.#limit) return;
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#limit) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
