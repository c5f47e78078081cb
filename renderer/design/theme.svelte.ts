/** Dark, as reading rooms are, unless the reader asks for light. */
import { oneOf, remember, remembered } from '../remembered.ts';

export const themes = ['dark', 'light'] as const;
export type ThemeName = (typeof themes)[number];
const REMEMBERED = 'theme';

class Theme {
  #name: ThemeName = $state(remembered(REMEMBERED, 'dark', oneOf(themes)));

  constructor() {
    this.#show();
  }

  get name(): ThemeName {
    return this.#name;
  }

  set name(name: ThemeName) {
    this.#name = name;
    remember(REMEMBERED, name);
    this.#show();
  }

  #show(): void {
    if (globalThis.document) document.documentElement.dataset.theme = this.#name;
  }
}

export const theme = new Theme();
