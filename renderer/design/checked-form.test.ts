import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const components = globSync('renderer/**/*.svelte').map((path) => ({ path, markup: readFileSync(path, 'utf8') }));
/** Opening tags with all their attributes; a `>` within braces does not end one. */
const tags = (markup: string, name: string) =>
  markup.match(new RegExp(`<${name}\\b(?:[^{>]|\\{[^{}]*\\})*>`, 'g')) ?? [];

it('every form of the window says in its own language what a field lacks', () => {
  const forms = components.flatMap(({ path, markup }) => tags(markup, 'form').map((form) => ({ path, form })));
  expect(forms.length).toBeGreaterThan(5);
  expect(forms.filter(({ form }) => !form.includes('{@attach checkedForm}'))).toEqual([]);
});

it('and no field with rules stands outside of a form, where the browser would tell them in the language of the system', () => {
  const ruled = components.filter(({ markup }) =>
    tags(markup, '(?:input|textarea|select)').some((field) =>
      /\s(required|pattern=|type="(number|url|email|date)")/.test(field),
    ),
  );
  expect(ruled.length).toBeGreaterThan(5);
  const isInForm = (markup: string) => /<form\b/.test(markup) || /<DialogFrame\b[\s\S]*?\sonsubmit=/.test(markup);
  expect(ruled.filter(({ markup }) => !isInForm(markup)).map(({ path }) => path)).toEqual([]);
});
