/**
 * The window's language. Each room keeps its words in a file `text.ts` of its own:
 *
 *     export const text = messages(
 *       { title: 'Worklist', found: (studies: number) => count(studies, 'study', 'studies') },
 *       { title: 'Arbeitsliste', found: (studies) => count(studies, 'Studie', 'Studien') },
 *     );
 *
 * and components write `{text().title}`. A key that German lacks does not compile, and the window changes its words at
 * once when the language changes. DICOM values, names and what people wrote are never translated.
 */
export const languages = { en: 'English', de: 'Deutsch' } as const;
export type LanguageTag = keyof typeof languages;

const REMEMBERED = 'language';

class Language {
  #tag: LanguageTag = $state(startingTag());

  get tag(): LanguageTag {
    return this.#tag;
  }

  set tag(tag: LanguageTag) {
    this.settle(tag);
    globalThis.localStorage?.setItem(REMEMBERED, tag);
  }

  /** For this run; what the person once chose stays remembered. */
  settle(tag: LanguageTag): void {
    this.#tag = tag;
    if (globalThis.document) document.documentElement.lang = tag;
  }

  /** For Intl: the system's own locale where it is one of this language ('en-GB'), otherwise the plain language. */
  get locale(): string {
    return systemLocale().startsWith(this.#tag) ? systemLocale() : this.#tag;
  }
}

export const language = new Language();

/** The words of one room in every language, read through a function so that they follow the language. */
export function messages<Texts>(en: Texts, de: NoInfer<Texts>): () => Texts {
  const all: Readonly<Record<LanguageTag, Texts>> = { en, de };
  return () => all[language.tag];
}

function startingTag(): LanguageTag {
  const wanted = globalThis.localStorage?.getItem(REMEMBERED) ?? systemLocale().slice(0, 2);
  const tag = wanted in languages ? (wanted as LanguageTag) : 'en';
  if (globalThis.document) document.documentElement.lang = tag;
  return tag;
}

function systemLocale(): string {
  return globalThis.navigator?.language || 'en';
}
