/** The project's Markdown as HTML pages that stand on their own. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Marked } from 'marked';
import { projectRoot } from './command.ts';

export const GUIDE_STYLE = `
  body { color: #111; font: 10.5pt/1.5 "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
  h1 { font-size: 20pt; } h2 { font-size: 14pt; margin-top: 1.6em; } h1, h2, h3 { break-after: avoid; }
  img { max-width: 100%; } pre, code { font-family: "Liberation Mono", monospace; font-size: 9pt; }
  pre { background: #f2f4f6; padding: 8px; white-space: pre-wrap; } table { border-collapse: collapse; }
  td, th { border: 1px solid #bbb; padding: 3px 8px; text-align: left; vertical-align: top; } a { color: inherit; }`;

const isElsewhere = (href: string) => /^([a-z]+:|#)/.test(href);

/** `document` leads to the other pages of `writeGuides`; `paper` names them, since a printed page leads nowhere. */
export function htmlOf(markdown: string, form: 'document' | 'paper'): string {
  const { parse } = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${anchorOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens);
        if (isElsewhere(href)) return `<a href="${href}">${words}</a>`;
        const page = href.replace(/\.md(?=#|$)/, '.html');
        return form === 'document' ? `<a href="${page}">${words}</a>` : `${words} (<code>${page}</code>)`;
      },
    },
  });
  return parse(markdown, { async: false });
}

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** README, docs/ with its pictures and the cards of the models with their licences, as pages that lead to each other. */
export function writeGuides(folder: string): void {
  const cards = readdirSync(join(projectRoot, 'models')).map((model) => join('models', model, 'README.md'));
  const documents = (readdirSync(join(projectRoot, 'docs'), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
  const pages = ['README.md', ...documents, ...cards];
  for (const page of pages) {
    const target = join(folder, page.replace(/\.md$/, '.html'));
    const markdown = readFileSync(join(projectRoot, page), 'utf8');
    const title = markdown.match(/^# (.+)$/m)?.[1] ?? page;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(
      target,
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${GUIDE_STYLE}
  body { margin: 2rem auto; max-width: 50rem; padding: 0 1rem; }</style></head><body>${htmlOf(markdown, 'document')}</body></html>\n`,
    );
  }
  const licences = ['', ...cards.map(dirname)].flatMap((place) =>
    readdirSync(join(projectRoot, place))
      .filter((name) => name.startsWith('LICENSE'))
      .map((name) => join(place, name)),
  );
  for (const licence of licences) cpSync(join(projectRoot, licence), join(folder, licence));
  for (const pictures of ['pictures', 'screens'])
    cpSync(join(projectRoot, 'docs', pictures), join(folder, 'docs', pictures), {
      recursive: true,
      filter: (path) => !path.endsWith('.ts'),
    });
}
