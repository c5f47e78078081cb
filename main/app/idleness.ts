/**
 * For how long nobody has been at the computer. The system says so, unless it does not know: under Wayland the answer may be 0
 * for ever. Then input to the application's own window counts alone.
 */
export class Idleness {
  #lastInputMs: number;
  #systemKnows = false;
  readonly #now: () => number;

  /** @param now ms, from a clock that nobody sets */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#lastInputMs = now();
  }

  /** Somebody has touched keyboard, mouse or screen in the application's window. */
  input(): void {
    this.#lastInputMs = this.#now();
  }

  /** @param systemSeconds what the system says */
  seconds(systemSeconds: number): number {
    this.#systemKnows ||= systemSeconds > 0;
    const own = (this.#now() - this.#lastInputMs) / 1000;
    return this.#systemKnows ? Math.min(systemSeconds, own) : own;
  }
}
