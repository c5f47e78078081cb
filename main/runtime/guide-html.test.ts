import { expect, it } from 'vitest';
import { htmlOf } from './guide-html.ts';

it('pages lead to each other and to their headings', () => {
  const html = htmlOf(
    '# Update, and *rollback*\n\n[there](decisions/0001-x.md#a-b), [here](#c), [out](https://a.org)',
    'document',
  );
  expect(html).toContain('<h1 id="update-and-rollback">');
  expect(html).toContain('<a href="decisions/0001-x.html#a-b">there</a>');
  expect(html).toContain('<a href="#c">here</a>');
  expect(html).toContain('<a href="https://a.org">out</a>');
});

it('paper names the page that it cannot lead to', () => {
  expect(htmlOf('[limits](intended-use.md)', 'paper')).toContain('limits (<code>intended-use.html</code>)');
});
