/**
 * Tells a child that hangs from one that is slow. While a child computes natively its loop stands still and no heartbeat
 * comes, on a weak machine with a large model for minutes; but then it uses the processor, and one that waits for a card
 * that will never answer, or for itself, does not.
 */
interface Working {
  processorSeconds?(): number | null;
}

/** Longer than the pause between two heartbeats (child.ts): the child's loop stands still. */
const STILL_MS = 2000;
/** Who computes uses more of one core than this, even where many others want it too; who waits uses less. */
const LEAST_SHARE = 0.01;
/** A child that turns in circles uses the processor as well: after so many times the limit it is given up. */
const MOST_LIMITS = 10;

export class Silence {
  readonly #child: Working;
  readonly #limitMs: number;
  #heardAt = performance.now();
  /** Processor time when the silence was noticed, or when it was last found to be work. */
  #looked: Look | null = null;

  constructor(child: Working, limitMs: number) {
    this.#child = child;
    this.#limitMs = limitMs;
  }

  /** The child said something. */
  broken(): void {
    this.#heardAt = performance.now();
    this.#looked = null;
  }

  /** Whether the child has been silent for longer than the limit and did not work, or worked without end. */
  isDeath(): boolean {
    const now = performance.now();
    const silentMs = now - this.#heardAt;
    if (silentMs < Math.min(STILL_MS, this.#limitMs)) return false;
    if (silentMs > MOST_LIMITS * this.#limitMs) return true;
    this.#looked ??= this.#look(now);
    const { at, seconds } = this.#looked;
    if (now - at < this.#limitMs) return false;
    this.#looked = this.#look(now);
    if (seconds === null || this.#looked.seconds === null) return true;
    return this.#looked.seconds - seconds < (LEAST_SHARE * (now - at)) / 1000;
  }

  #look(at: number): Look {
    return { at, seconds: this.#child.processorSeconds?.() ?? null };
  }
}

interface Look {
  readonly at: number;
  readonly seconds: number | null;
}
