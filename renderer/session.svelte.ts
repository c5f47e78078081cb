/** Where the reader is, kept by main with every step, so that a restart goes on from there, also after a crash. */
import type { Session } from '../preload/contract/reading-room.ts';
import { formatPersonName } from './design/format.ts';
import { attempt } from './design/notices.svelte.ts';
import { navigation } from './navigation.svelte.ts';
import { call } from './workstation.ts';

/** How the open study hangs. */
export type Hung = Omit<Session, 'screen' | 'study'>;

const pauseMs = 300;
const nothingHangs: Hung = {
  rows: 1,
  columns: 1,
  multiplanar: false,
  synchronised: false,
  places: [],
  active: 0,
};

class SessionKeeper {
  /** Once it is known where the reader was. */
  ready: boolean = $state(false);
  #hung: Hung = $state.raw(nothingHangs);
  #hungStudy: string | null = $state.raw(null);
  readonly #now: Session = $derived({
    screen: navigation.screen,
    study: navigation.openStudyUid,
    ...(this.#hungStudy === navigation.openStudyUid ? this.#hung : nothingHangs),
  });

  /** Goes back to where the reader was, then keeps what changes; returns the way to stop. */
  follow(): () => void {
    let stop = () => {};
    let stopped = false;
    void this.#restore().finally(() => {
      this.ready = true;
      if (!stopped) stop = $effect.root(() => this.#keep());
    });
    return () => {
      stopped = true;
      stop();
    };
  }

  async #restore(): Promise<void> {
    const kept = await attempt(() => call('session.get'));
    if (!kept) return;
    if (kept.study !== null) {
      const [study] = (await attempt(() => call('studies.rows', [kept.study ?? '']))) ?? [];
      if (!study) return;
      this.hang(kept.study, kept);
      navigation.openStudy(kept.study, formatPersonName(study.patientName));
    }
    navigation.screen = kept.screen;
  }

  #keep(): void {
    let kept = JSON.stringify(this.#now);
    const save = () => {
      const now = this.#now;
      if (JSON.stringify(now) === kept) return;
      kept = JSON.stringify(now);
      void attempt(() => call('session.save', now));
    };
    $effect(() => {
      void this.#now;
      const timer = setTimeout(save, pauseMs);
      return () => clearTimeout(timer);
    });
    $effect(() => {
      window.addEventListener('beforeunload', save);
      return () => window.removeEventListener('beforeunload', save);
    });
  }

  /** Notes how a study hangs. */
  hang(study: string, { rows, columns, multiplanar, synchronised, places, active }: Hung): void {
    this.#hungStudy = study;
    this.#hung = { rows, columns, multiplanar, synchronised, places, active };
  }

  /** How a study hung when it was on the screen the last time; null where another one was there since. */
  hungOf(study: string): Hung | null {
    return this.#hungStudy === study && this.#hung.places.length > 0 ? this.#hung : null;
  }
}

export const session = new SessionKeeper();
