/**
 * CLIP's byte-pair encoding (Radford et al. 2021, after Sennrich et al. 2016): text is cleaned and lower-cased, cut into
 * words, each word is written as bytes, and neighbouring pieces are merged in the order in which the merges were learnt.
 */
import { readFile, stat } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { Fault } from '../fault.ts';
import { defaultPhraseTokens } from './default-phrase-tokens.ts';
import type { TokeniserFiles } from './tokeniser-files.ts';

export interface Tokeniser {
  /** Begins every text. */
  readonly startToken: number;
  /** Ends every text; CLIP reads the text's embedding at its position. */
  readonly endToken: number;
  /** One more than the largest token id. */
  readonly vocabularySize: number;
  /**
   * Token ids of a text, without start and end.
   * @throws Fault `unsupported` where the vocabulary cannot express the text.
   */
  encode(text: string): number[];
}

/**
 * A text as the model takes it: start, tokens, end, then zeros. A text that is too long loses its last tokens and
 * keeps its end.
 */
export function encodeForModel(tokeniser: Tokeniser, text: string, contextLength = 77): Int32Array {
  const ids = Int32Array.from([tokeniser.startToken, ...tokeniser.encode(text), tokeniser.endToken]);
  const out = new Int32Array(contextLength);
  out.set(ids.subarray(0, contextLength));
  if (ids.length > contextLength) out[contextLength - 1] = tokeniser.endToken;
  return out;
}

// --------------------------------------------------------------------------------------------------- text to words

/**
 * The published pattern, for text that is lower-cased already, but for its first two alternatives: what a person types
 * never becomes the start or end of a text.
 */
const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/gu;

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/**
 * The words of a text. The published code also repairs wrongly decoded text; of that, only what a person may well type
 * is done here: composed accents, straight quotes, and the commonest HTML entities (twice, as published).
 */
export function splitWords(text: string): string[] {
  const straight = text
    .normalize('NFC')
    .replace(/[\u2018\u2019\u201b]/g, "'")
    .replace(/[\u201c\u201d]/g, '"');
  const cleaned = unescapeEntities(unescapeEntities(straight)).replace(/\s+/gu, ' ').trim().toLowerCase();
  return cleaned.match(wordPattern) ?? [];
}

function unescapeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w+));/g, (whole, decimal, hexadecimal, name) => {
    if (name !== undefined) return Object.hasOwn(entities, name) ? entities[name] : whole;
    const code = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number.parseInt(decimal, 10);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

// -------------------------------------------------------------------------------------------------- words to tokens

/** The 256 bytes as printable characters, in the order of the vocabulary: printable bytes stand for themselves. */
const printableBytes = [range(0x21, 0x7e), range(0xa1, 0xac), range(0xae, 0xff)].flat();
const otherBytes = range(0, 255).filter((byte) => !printableBytes.includes(byte));
const byteOrder = [...printableBytes, ...otherBytes];
const byteCharacters = new Map(
  byteOrder.map((byte, i) => [
    byte,
    String.fromCharCode(i < printableBytes.length ? byte : 256 + i - printableBytes.length),
  ]),
);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const endOfWord = '</w>';
/** In most vocabularies; in OpenCLIP's and in the development data. */
const startNames = ['<|startoftext|>', '<start_of_text>'];
const endNames = ['<|endoftext|>', '<end_of_text>'];

/**
 * A tokeniser from its vocabulary (token to id) and its merges ("a b", the first learnt first).
 * `path` is only named in Faults. @throws Fault `bad-model` where start or end of text are missing.
 */
export function createTokeniser(
  vocabulary: ReadonlyMap<string, number>,
  merges: readonly string[],
  path = 'the vocabulary',
): Tokeniser {
  const ranks = new Map(merges.map((merge, rank) => [merge, rank]));
  const special = (names: readonly string[]): number => {
    const found = names.find((name) => vocabulary.has(name));
    if (found === undefined) throw new Fault('bad-model', `${path} lacks the token ${names[0]}.`, { path });
    return vocabulary.get(found) as number;
  };
  const startToken = special(startNames);
  const endToken = special(endNames);
  let vocabularySize = 0;
  for (const id of vocabulary.values()) vocabularySize = Math.max(vocabularySize, id + 1);

  const encodeWord = (word: string): number[] => {
    return mergePieces(word, ranks).map((piece) => {
      const id = vocabulary.get(piece);
      if (id === undefined)
        throw new Fault('unsupported', `The model's vocabulary cannot express "${word}". Choose other words.`);
      return id;
    });
  };
  return { startToken, endToken, vocabularySize, encode: (text) => splitWords(text).flatMap(encodeWord) };
}

/** Merges the pair that was learnt first, wherever it stands, until no pair is left that was learnt. */
function mergePieces(word: string, ranks: ReadonlyMap<string, number>): string[] {
  let pieces = Array.from(new TextEncoder().encode(word), (byte) => byteCharacters.get(byte) as string);
  pieces[pieces.length - 1] += endOfWord;
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < pieces.length; i++)
      best = Math.min(best, ranks.get(`${pieces[i]} ${pieces[i + 1]}`) ?? Number.POSITIVE_INFINITY);
    if (best === Number.POSITIVE_INFINITY) return pieces;
    const merged: string[] = [];
    for (let i = 0; i < pieces.length; i++) {
      const isPair = i + 1 < pieces.length && ranks.get(`${pieces[i]} ${pieces[i + 1]}`) === best;
      merged.push(isPair ? pieces[i] + pieces[++i] : pieces[i]);
    }
    pieces = merged;
  }
}

// ------------------------------------------------------------------------------------------------------------ files

/** Ids of start and end in the vocabulary that OpenAI published and nearly every CLIP uses. */
const publishedSpecials = { startToken: 49406, endToken: 49407, vocabularySize: 49408 };

/**
 * For a checkpoint that brings no vocabulary: knows the words of the default phrases in OpenAI's vocabulary, and asks
 * for the vocabulary file when it meets another word.
 * @throws Fault `unsupported` where the model's vocabulary is not of the published size, so not the published one.
 */
export function createDefaultPhraseTokeniser(vocabularySize: number): Tokeniser {
  if (vocabularySize !== publishedSpecials.vocabularySize)
    throw new Fault(
      'unsupported',
      `The model has ${vocabularySize} tokens, which is not CLIP's vocabulary. ` +
        'Import it again with its vocab.json and merges.txt beside it.',
    );
  const encodeWord = (word: string): readonly number[] => {
    if (Object.hasOwn(defaultPhraseTokens, word)) return defaultPhraseTokens[word];
    throw new Fault(
      'unsupported',
      `The model came without a vocabulary, so only the default phrases can be used, and "${word}" is not in them. ` +
        'Import it again with vocab.json and merges.txt (or bpe_simple_vocab_16e6.txt.gz) beside it.',
    );
  };
  return { ...publishedSpecials, encode: (text) => splitWords(text).flatMap(encodeWord) };
}

/** @throws Fault `bad-model` where a file is damaged or holds another kind of tokeniser. */
export async function loadTokeniser(files: TokeniserFiles): Promise<Tokeniser> {
  switch (files.kind) {
    case 'vocab-and-merges': {
      const vocabulary = parseJson(await readSmall(files.vocabulary), vocabularySchema, files.vocabulary);
      return createTokeniser(
        new Map(Object.entries(vocabulary)),
        mergeLines(await readText(files.merges)),
        files.vocabulary,
      );
    }
    case 'tokenizer-json':
      return fromTokenizerJson(await readSmall(files.tokenizer), files.tokenizer);
    case 'openai-merges':
      return fromOpenaiMerges(await readSmall(files.merges), files.merges);
  }
}

const vocabularySchema = z.record(z.string(), z.number().int().nonnegative());
const tokenizerSchema = z.object({
  model: z.object({
    type: z.literal('BPE').default('BPE'),
    end_of_word_suffix: z.literal(endOfWord),
    vocab: vocabularySchema,
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
  added_tokens: z.array(z.object({ id: z.number().int().nonnegative(), content: z.string() })).default([]),
});

function fromTokenizerJson(bytes: Uint8Array, path: string): Tokeniser {
  const { model, added_tokens } = parseJson(bytes, tokenizerSchema, path);
  const vocabulary = new Map(Object.entries(model.vocab));
  for (const { id, content } of added_tokens) vocabulary.set(content, id);
  return createTokeniser(
    vocabulary,
    model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' '))),
    path,
  );
}

/** OpenAI's file has more merges than the vocabulary uses; the vocabulary follows from the bytes and the merges. */
function fromOpenaiMerges(bytes: Uint8Array, path: string): Tokeniser {
  const mergeCount = publishedSpecials.vocabularySize - 2 * 256 - 2;
  let text: string;
  try {
    text = gunzipSync(bytes, { maxOutputLength: longestVocabulary }).toString('utf8');
  } catch {
    throw new Fault('bad-model', `${path} is damaged or incomplete: it does not decompress.`, { path });
  }
  const merges = mergeLines(text).slice(0, mergeCount);
  if (merges.length < mergeCount)
    throw new Fault('bad-model', `${path} has ${merges.length} merges of ${mergeCount}.`, { path });
  const characters = byteOrder.map((byte) => byteCharacters.get(byte) as string);
  const tokens = [
    ...characters,
    ...characters.map((character) => character + endOfWord),
    ...merges.map((merge) => merge.replace(' ', '')),
    startNames[0],
    endNames[0],
  ];
  return createTokeniser(new Map(tokens.map((token, id) => [token, id])), merges, path);
}

/** One merge a line, after a line that names the format's version. */
function mergeLines(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  return lines[0]?.startsWith('"bpe_simple') || lines[0]?.startsWith('#version') ? lines.slice(1) : lines;
}

/** CLIP's own vocabulary files have 1 to 3.6 MB. */
const longestVocabulary = 64 * 1024 * 1024;

async function readSmall(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size <= longestVocabulary) return await readFile(path);
  } catch (thrown) {
    throw Fault.from(thrown, { code: 'bad-model', path });
  }
  throw new Fault('bad-model', `${path} is too long for a vocabulary.`, { path });
}

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readSmall(path));
}

function parseJson<T>(bytes: Uint8Array, schema: z.ZodType<T>, path: string): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Fault('bad-model', `${path} is damaged or incomplete: it is not JSON.`, { path });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path: where, message } = result.error.issues[0];
  throw new Fault('bad-model', `${path} is not a vocabulary of CLIP's kind: ${where.join('.')}: ${message}.`, { path });
}
