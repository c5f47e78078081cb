import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '../fault.ts';
import { defaultPhraseTokens } from './default-phrase-tokens.ts';
import {
  createDefaultPhraseTokeniser,
  createTokeniser,
  encodeForModel,
  loadTokeniser,
  splitWords,
  type Tokeniser,
} from './tokeniser.ts';
import { findTokeniserFiles, type TokeniserFiles } from './tokeniser-files.ts';

const tiny = new URL('../../../shared/golden/tiny', import.meta.url).pathname;
const hasTiny = existsSync(tiny);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokeniser-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function filesIn(path: string): Promise<TokeniserFiles> {
  const files = findTokeniserFiles(path, await readdir(path));
  if (files === undefined) throw new Error(`no vocabulary in ${path}`);
  return files;
}

/** Letters l, o, w, e, r, n and space-less words of them, with a handful of merges. */
function smallTokeniser(): Tokeniser {
  const merges = ['l o', 'lo w</w>', 'e r</w>', 'lo w'];
  const letters = ['l', 'o', 'w', 'e', 'r', 'n'];
  const tokens = [
    ...letters,
    ...letters.map((letter) => `${letter}</w>`),
    ...merges.map((merge) => merge.replace(' ', '')),
  ];
  const vocabulary = new Map([...tokens, '<start_of_text>', '<end_of_text>'].map((token, id) => [token, id]));
  return createTokeniser(vocabulary, merges);
}

describe('text to words', () => {
  test.each([
    ['  A\tPhoto \n of ', ['a', 'photo', 'of']],
    ["it's the patient's", ['it', "'s", 'the', 'patient', "'s"]],
    ['patient\u2019s \u201cx-ray\u201d', ['patient', "'s", '"', 'x', '-', 'ray', '"']],
    ['12.5mm', ['1', '2', '.', '5', 'mm']],
    ['&amp;lt; &#65; &#x42; &unknown; &#0;', ['<', 'a', 'b', '&', 'unknown', ';', '&#', '0', ';']],
    ['e\u0301', ['\u00e9']],
    ['<|endoftext|>', ['<|', 'endoftext', '|>']],
    ['', []],
  ])('%j', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });
});

describe('words to tokens', () => {
  test('merges are applied in the order in which they were learnt', () => {
    const { encode } = smallTokeniser();
    expect(encode('low')).toEqual([13]); // l o -> lo, then lo w</w>
    expect(encode('lower')).toEqual([15, 14]); // er</w> before lo w, both apply
    expect(encode('new low')).toEqual([5, 3, 8, 13]);
  });

  test('a text is framed, padded with zeros, and cut so that its end stays', () => {
    const tokeniser = smallTokeniser();
    expect(tokeniser.vocabularySize).toBe(18);
    expect(Array.from(encodeForModel(tokeniser, 'low', 6))).toEqual([16, 13, 17, 0, 0, 0]);
    expect(Array.from(encodeForModel(tokeniser, 'low low low low low', 5))).toEqual([16, 13, 13, 13, 17]);
  });

  test('what the vocabulary cannot express is named', () => {
    expect(() => smallTokeniser().encode('low haze')).toThrow(/"haze"/);
  });

  test('a vocabulary without start or end is refused', () => {
    expect(() => createTokeniser(new Map([['a', 0]]), [])).toThrow(Fault);
  });
});

describe('without a vocabulary', () => {
  test('the default phrases work, with full stop and placeholders', () => {
    const { encode } = createDefaultPhraseTokeniser(49408);
    expect(encode('X X no evidence of disease.')).toEqual([343, 343, 871, 6439, 539, 5336, 269]);
    expect(encode('Pathological  Abnormality.')).toEqual([18534, 4791, 596, 28748, 696, 269]);
  });

  test('own phrases raise a Fault that asks for the vocabulary file', () => {
    const { encode } = createDefaultPhraseTokeniser(49408);
    expect(() => encode('no haemorrhage')).toThrow(/"haemorrhage".*vocab\.json/);
    expect(() => encode('constructor')).toThrow(Fault);
  });

  test('a model with another vocabulary cannot use the table', () => {
    expect(() => createDefaultPhraseTokeniser(47)).toThrow(/47 tokens/);
  });
});

describe.skipIf(!hasTiny)('the published vocabulary (needs ../shared)', () => {
  interface Line {
    readonly text: string;
    readonly ids: number[];
  }

  async function expectRecorded(tokeniser: Tokeniser): Promise<void> {
    const lines = JSON.parse(await readFile(join(tiny, 'tokens.json'), 'utf8')) as Line[];
    expect(lines.length).toBeGreaterThan(10);
    for (const { text, ids } of lines) expect(Array.from(encodeForModel(tokeniser, text)), text).toEqual(ids);
  }

  test('gives the recorded tokens on every line, and the table of default phrases', async () => {
    const tokeniser = await loadTokeniser(await filesIn(join(tiny, 'hf')));
    await expectRecorded(tokeniser);
    for (const [word, ids] of Object.entries(defaultPhraseTokens)) expect(tokeniser.encode(word), word).toEqual(ids);
  });

  test.each(['strings', 'pairs'])('is read from tokenizer.json with merges as %s', async (form) => {
    const vocab = JSON.parse(await readFile(join(tiny, 'hf/vocab.json'), 'utf8'));
    const lines = (await readFile(join(tiny, 'hf/merges.txt'), 'utf8')).trim().split('\n').slice(1);
    const merges = form === 'strings' ? lines : lines.map((line) => line.split(' '));
    const model = { type: 'BPE', end_of_word_suffix: '</w>', vocab, merges };
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify({ added_tokens: [], model }));
    await expectRecorded(await loadTokeniser(await filesIn(folder)));
  });

  test("is rebuilt from OpenAI's gzipped merges, which run on beyond the vocabulary", async () => {
    const lines = (await readFile(join(tiny, 'hf/merges.txt'), 'utf8')).trim().split('\n').slice(1);
    const text = ['"bpe_simple_vocab_16e6.txt#version: 0.2', ...lines, 'zz zz', 'zzzz zz'].join('\n');
    await writeFile(join(folder, 'bpe_simple_vocab_16e6.txt.gz'), gzipSync(text));
    const tokeniser = await loadTokeniser(await filesIn(folder));
    expect(tokeniser.vocabularySize).toBe(49408);
    await expectRecorded(tokeniser);
  });

  test('cut or altered files are refused by name', async () => {
    for (const name of ['vocab.json', 'merges.txt']) await cp(join(tiny, 'hf', name), join(folder, name));
    const vocabulary = await readFile(join(tiny, 'hf/vocab.json'));
    for (let length = 0; length < vocabulary.length; length += 50_000) {
      await writeFile(join(folder, 'vocab.json'), vocabulary.subarray(0, length));
      await expect(loadTokeniser(await filesIn(folder))).rejects.toMatchObject({
        name: 'Fault',
        code: 'bad-model',
        path: join(folder, 'vocab.json'),
      });
    }
  });
});

describe('files of another kind are refused', () => {
  test.each([
    ['tokenizer.json', JSON.stringify({ model: { type: 'WordPiece', vocab: {} } })],
    ['tokenizer.json', '{'],
    ['bpe_simple_vocab_16e6.txt.gz', 'not compressed'],
    ['bpe_simple_vocab_16e6.txt.gz', gzipSync('a b\nc d')],
  ])('%s', async (name, content) => {
    await writeFile(join(folder, name), content);
    const path = join(folder, name);
    await expect(loadTokeniser(await filesIn(folder))).rejects.toMatchObject({
      name: 'Fault',
      code: 'bad-model',
      path,
    });
  });

  test('a folder without any is said to have none', () => {
    expect(findTokeniserFiles(folder, ['vocab.json'])).toBeUndefined();
  });
});
