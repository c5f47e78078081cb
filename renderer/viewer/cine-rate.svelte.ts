/** How fast stacks play, remembered beyond the window. */
import { remember, remembered } from '../remembered.ts';

const REMEMBERED = 'cine.perSecond';
/** Images a second; the fastest is that of film and ultrasound. */
export const cineRates = [2, 5, 10, 15, 25] as const;
type Rate = (typeof cineRates)[number];
const isRate = (value: unknown): value is Rate => cineRates.includes(value as Rate);

class CineRate {
  #perSecond: Rate = $state(remembered(REMEMBERED, 10, isRate));

  get perSecond(): Rate {
    return this.#perSecond;
  }

  set perSecond(rate: Rate) {
    this.#perSecond = rate;
    remember(REMEMBERED, rate);
  }
}

export const cineRate = new CineRate();
