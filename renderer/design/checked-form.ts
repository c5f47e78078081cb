/**
 * Forms that say in the window's language what a field lacks: the browser's own hints come in that of the system.
 *
 * The rules are the field's attributes: `required`, `min`, `max`, `step`, `pattern` and `type`. `data-says` is a sentence
 * of the field's own, where the usual one would not tell enough.
 */
import { tick } from 'svelte';
import { language } from '../language/language.svelte.ts';
import { text } from './text.ts';

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

let said = 0;

/**
 * An attachment of a form. A form whose fields are not all right is not submitted: each of them says why, and the first
 * gets the focus, until it is right. Where nothing submits the form a field says so once it is left; elsewhere it would
 * push the button away from the pointer that is about to press it.
 */
export function checkedForm(form: HTMLElement): () => void {
  void language.tag; // attached anew where the language changes
  const saying = new Map<Field, HTMLElement>();
  form.toggleAttribute('novalidate', true);

  const say = (field: Field, sentence: string) => {
    if (sentence === '') return beSilent(field);
    const words = saying.get(field) ?? document.createElement('span');
    words.textContent = sentence;
    if (saying.has(field)) return;
    words.id = `field-says-${++said}`;
    words.className = 'field-says';
    words.ariaHidden = 'true'; // within a label it would become part of the field's name; it describes the field
    (field.closest('.field') ?? field.parentElement ?? form).append(words);
    field.setAttribute('aria-describedby', words.id);
    field.ariaInvalid = 'true';
    saying.set(field, words);
  };
  const beSilent = (field: Field) => {
    saying.get(field)?.remove();
    saying.delete(field);
    field.removeAttribute('aria-describedby');
    field.ariaInvalid = null;
  };

  const submit = (event: Event) => {
    const fields = [...form.querySelectorAll<Field>('input, select, textarea')];
    for (const field of fields) say(field, sentenceFor(field));
    const first = fields.find((field) => saying.has(field));
    if (!first) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    first.focus();
  };
  const leave = ({ target }: Event) => {
    if (isField(target) && !form.querySelector('[type="submit"]')) say(target, sentenceFor(target));
  };
  const type = async ({ target }: Event) => {
    await tick(); // rules may follow from what was typed
    if (isField(target) && saying.has(target)) say(target, sentenceFor(target));
  };

  form.addEventListener('submit', submit, { capture: true });
  form.addEventListener('change', leave);
  form.addEventListener('input', type);
  return () => {
    form.removeEventListener('submit', submit, { capture: true });
    form.removeEventListener('change', leave);
    form.removeEventListener('input', type);
    for (const field of [...saying.keys()]) beSilent(field);
  };
}

const isField = (target: EventTarget | null): target is Field =>
  target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;

/** What is to be done with the field; '' where it is right. */
function sentenceFor(field: Field): string {
  const isBlank = field.required && field.type !== 'password' && field.value.trim() === '';
  if (!field.willValidate || (field.validity.valid && !isBlank)) return '';
  if (field.dataset.says) return field.dataset.says;
  if (field.type === 'number') return numberSentence(field as HTMLInputElement);
  return field.type === 'url' && !isBlank ? text().enterUrl : text().fillIn;
}

function numberSentence({ min, max, step }: HTMLInputElement): string {
  const figure = (value: string) => Number(value).toLocaleString(language.locale, { useGrouping: false });
  const isWhole = step === '' || Number.isInteger(Number(step));
  return text().enterNumber(isWhole, figure(min), figure(max));
}
