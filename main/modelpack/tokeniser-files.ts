import { join } from 'node:path';

/**
 * The files that hold a vocabulary, in the forms in which CLIP's is published: vocab.json with merges.txt or
 * tokenizer.json (Hugging Face, OpenCLIP), or the gzipped merges of OpenAI's repository.
 */
export type TokeniserFiles = { readonly paths: readonly string[] } & (
  | { readonly kind: 'vocab-and-merges'; readonly vocabulary: string; readonly merges: string }
  | { readonly kind: 'tokenizer-json'; readonly tokenizer: string }
  | { readonly kind: 'openai-merges'; readonly merges: string }
);

const openaiMergesName = 'bpe_simple_vocab_16e6.txt.gz';

/** The vocabulary among the files `names` of `folder`, if there is one. */
export function findTokeniserFiles(folder: string, names: readonly string[]): TokeniserFiles | undefined {
  if (names.includes('vocab.json') && names.includes('merges.txt')) {
    const [vocabulary, merges] = [join(folder, 'vocab.json'), join(folder, 'merges.txt')];
    return { kind: 'vocab-and-merges', vocabulary, merges, paths: [vocabulary, merges] };
  }
  if (names.includes('tokenizer.json')) {
    const tokenizer = join(folder, 'tokenizer.json');
    return { kind: 'tokenizer-json', tokenizer, paths: [tokenizer] };
  }
  if (names.includes(openaiMergesName)) {
    const merges = join(folder, openaiMergesName);
    return { kind: 'openai-merges', merges, paths: [merges] };
  }
  return undefined;
}
