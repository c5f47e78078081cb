/** Short messages at the edge of the window: what went wrong and what to do, or what is done. */
import { FaultError } from '../workstation.ts';

export interface Notice {
  readonly id: number;
  readonly kind: 'fault' | 'done';
  readonly text: string;
  readonly path: string | undefined;
}

const doneStaysMs = 6000;
const mostAtOnce = 4;

class Notices {
  list: readonly Notice[] = $state.raw([]);
  #nextId = 1;

  /** Shows a failure until it is dismissed. Cancelled work was asked for and is no news. */
  fault(error: unknown): void {
    if (error instanceof FaultError) {
      if (error.code !== 'cancelled') this.#add('fault', error.message, error.path);
      return;
    }
    console.error(error);
    this.#add('fault', error instanceof Error ? error.message : String(error), undefined);
  }

  /** Shows what is wrong and no failure of an act, until it is dismissed. */
  problem(text: string): void {
    this.#add('fault', text, undefined);
  }

  /** Shows good news for a few seconds. */
  done(text: string): void {
    const id = this.#add('done', text, undefined);
    setTimeout(() => this.dismiss(id), doneStaysMs);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  #add(kind: Notice['kind'], text: string, path: string | undefined): number {
    const id = this.#nextId++;
    const others = this.list.filter((notice) => notice.text !== text || notice.path !== path);
    this.list = [...others, { id, kind, text, path }].slice(-mostAtOnce);
    return id;
  }
}

export const notices = new Notices();

/** Runs an act and shows its failure as a notice; resolves to undefined then. */
export async function attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    notices.fault(error);
    return undefined;
  }
}
