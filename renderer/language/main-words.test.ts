import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { afterEach, describe, expect, it } from 'vitest';
import { language } from './language.svelte.ts';
import { germanPhrases, germanSentences, translated } from './main-words.ts';

/** Rooms and files whose sentences no window shows, each with the reason. */
const ELSEWHERE: readonly (readonly [RegExp, string])[] = [
  [/^main\/(bench|cli|runtime|phantoms)\/|^main\/reader\/fuzz\/|\/conformance\//, 'the command line and scripts'],
  [/^main\/method\/graph\/|^main\/engine\/(parity|wrong-provider)\.ts/, 'defects of ours, hooks of tests'],
  [/^main\/app\/measured-window\.ts/, 'the bench'],
  [/^main\/services\/(evaluation|evaluation-masks|files|random-weights|demo|support)\.ts/, 'the command line'],
  [
    /^main\/(results\/|services\/(report-|card-|finding-sentences|demo-dicom|demo-studies))/,
    'outputs with words of their own',
  ],
];

const sources = globSync('main/**/*.ts')
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !path.endsWith('.test.ts') && !path.endsWith('.d.ts'));

/** A literal's text with `{}` for what differs, or null for anything else. */
function literal(node: ts.Expression): string | null {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map((span) => `{}${span.literal.text}`).join('');
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
    return literal(node.expression.expression); // `...`.trim()
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return null;
  const [left, right] = [literal(node.left), literal(node.right)];
  return left === null || right === null ? null : left + right;
}

const SENTENCE = /^(\p{Lu}|"?\{\}).*\s.*\.$/su;
/** What main/network says of a node, whose name stands before it. */
const PREDICATE = /^\p{Ll}.*\s.*\.$/su;
const OWN_WORDS = /\p{L}{3,}/u;

/** Every sentence of a file, and whatever its Faults say. */
function sentencesOf(path: string): readonly string[] {
  const said: string[] = [];
  const visit = (node: ts.Node, inFault: boolean): void => {
    const text = ts.isExpression(node) ? literal(node) : null;
    if (text !== null) {
      if (inFault || SENTENCE.test(text)) said.push(text);
      else if (path.startsWith('main/network/') && PREDICATE.test(text)) said.push(`{} ${text}`);
    }
    if (text !== null && ts.isBinaryExpression(node)) return;
    if (ts.isNewExpression(node) && node.expression.getText() === 'Fault')
      for (const [at, argument] of (node.arguments ?? []).entries()) visit(argument, at === 1);
    else ts.forEachChild(node, (child) => visit(child, inFault && ts.isConditionalExpression(node)));
  };
  visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true), false);
  return said.filter((sentence) => OWN_WORDS.test(sentence.replaceAll('{}', '')));
}

const sourceText = sources.map((path) => readFileSync(path, 'utf8')).join('\n');
const said = new Map(sources.map((path) => [path, sentencesOf(path)]));

describe('sentences of main', () => {
  afterEach(() => {
    language.tag = 'en';
  });

  it('have German words wherever a window can show them', () => {
    const shown = sources.filter((path) => !ELSEWHERE.some(([pattern]) => pattern.test(path)));
    const missing = shown.flatMap((path) =>
      (said.get(path) ?? [])
        .filter((sentence) => !(sentence in germanSentences))
        .map((sentence) => `${path}: ${sentence}`),
    );
    expect(missing).toEqual([]);
  });

  it('have German words only where main still says them', () => {
    const all = new Set([...said.values()].flat());
    expect(Object.keys(germanSentences).filter((sentence) => !all.has(sentence))).toEqual([]);
  });

  it.each(Object.keys(germanPhrases))('have "%s" only as long as main says it', (english) => {
    const words = english.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    expect(sourceText).toMatch(new RegExp(words.join('\\$\\{[^\\n]+\\}')));
  });

  it('have as many holes in German as in English', () => {
    const holes = (sentence: string) => sentence.split('{}').length;
    const uneven = Object.entries({ ...germanSentences, ...germanPhrases }).filter(
      ([english, german]) => holes(english) !== holes(german),
    );
    expect(uneven).toEqual([]);
  });

  it('read in the language of the window, with what differs from case to case; others stay as they are', () => {
    const english = '9 normal images were asked for, and there are 4. Add some, or ask for fewer.';
    expect(translated(english)).toBe(english);
    language.tag = 'de';
    expect(translated(english)).toBe(
      '9 Normalbilder wurden verlangt, und es gibt 4. Fügen Sie welche hinzu oder verlangen Sie weniger.',
    );
    expect(translated('This study has no images.')).toBe('Diese Studie hat keine Bilder.');
    expect(translated('Something else went wrong.')).toBe('Something else went wrong.');
  });

  it('are put into German down to what stands in their holes', () => {
    language.tag = 'de';
    expect(translated('ARCHIVE cut the line. Trying again.')).toBe(
      'ARCHIVE hat die Verbindung getrennt. Neuer Versuch folgt.',
    );
    expect(translated('1 of these images is confirmed as abnormal. Take the confirmation back, or leave it out.')).toBe(
      '1 dieser Bilder ist als auffällig bestätigt. Nehmen Sie die Bestätigung zurück oder lassen Sie es weg.',
    );
  });

  it('are put into German with numbers of things and lists', () => {
    language.tag = 'de';
    expect(translated('About 2 slices are missing between image 3 and image 6: 15 mm apart, elsewhere 5 mm.')).toBe(
      'Etwa 2 Schichten fehlen zwischen Bild 3 und Bild 6: 15 mm Abstand, sonst 5 mm.',
    );
    expect(translated('28 images imported.')).toBe('28 Bilder importiert.');
    expect(translated('2 images imported, 1 file left out.')).toBe('2 Bilder importiert, 1 Datei ausgelassen.');
  });

  it('are put into German by the pattern that says most of them', () => {
    language.tag = 'de';
    expect(translated('There is no model named "a".')).toBe('Es gibt kein Modell namens „a“.');
    expect(translated('There is no node named PACS.')).toBe('Es gibt keinen Knoten namens PACS.');
  });
});
