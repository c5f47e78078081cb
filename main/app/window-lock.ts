/**
 * The lock of an encrypted data folder's window: closed until the passphrase (or the operating system's key store) opens it,
 * and again after idle time, when the session is locked, or when the reader says so. What runs goes on behind it.
 */
import { powerMonitor, type WebContents } from 'electron';
import { Idleness } from './idleness.ts';

/** How often the system is asked for how long nobody has touched it, ms. */
const LOOK_MS = 2000;

export class WindowLock {
  #locked = false;
  readonly #idleness = new Idleness();
  readonly #onChange: (locked: boolean) => void;
  /** Null where the window never locks by itself: the folder is not encrypted. */
  readonly #idleMinutes: () => number | null;

  constructor(idleMinutes: () => number | null, onChange: (locked: boolean) => void) {
    this.#idleMinutes = idleMinutes;
    this.#onChange = onChange;
  }

  get locked(): boolean {
    return this.#locked;
  }

  set locked(locked: boolean) {
    if (locked === this.#locked) return;
    this.#locked = locked;
    this.#onChange(locked);
  }

  /** Counts input to a window as somebody who is there. */
  heed(contents: WebContents): void {
    contents.on('input-event', () => this.#idleness.input());
  }

  /** Locks, where there is a passphrase to unlock it with. */
  lock(): void {
    if (this.#idleMinutes() !== null) this.locked = true;
  }

  /** Returns the function that stops it. */
  watch(): () => void {
    const lock = () => this.lock();
    const look = () => {
      const minutes = this.#idleMinutes();
      const seconds = this.#idleness.seconds(powerMonitor.getSystemIdleTime());
      if (minutes !== null && seconds >= minutes * 60) this.locked = true;
    };
    const timer = setInterval(look, LOOK_MS);
    powerMonitor.on('lock-screen', lock);
    powerMonitor.on('suspend', lock);
    return () => {
      clearInterval(timer);
      powerMonitor.off('lock-screen', lock);
      powerMonitor.off('suspend', lock);
    };
  }
}
