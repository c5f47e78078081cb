/**
 * What self-tests found, kept in a file so that a provider is not tested at every start. A verdict holds for one model on
 * one machine as it was: another version of onnxruntime, of the application, or of a driver makes it void.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** JSON knows no NaN. */
const difference = z.number().nullable();

const verdictSchema = z.object({
  key: z.string(),
  name: z.string(),
  available: z.boolean(),
  selfTest: z
    .object({
      ok: z.boolean(),
      complete: z.boolean(),
      maxAbsDiff: difference,
      vision: difference,
      text: difference,
      gradients: difference,
      loss: difference,
      scores: difference,
    })
    .nullable(),
  reason: z.string().optional(),
  msPerImage: z.number().nullable(),
  msPerStep: z.number().nullable(),
  chosen: z.boolean(),
  /** It failed at work in a way that may pass, and the verdict holds for that run of the application alone. */
  heldFor: z.string().optional(),
  version: z.string(),
  adapters: z.string(),
  testedAt: z.string(),
});
export type Verdict = z.infer<typeof verdictSchema>;

/** Enough for every provider on some dozens of models; the oldest go first. */
const KEPT = 200;

export class Verdicts {
  readonly #path: string;

  /** @param path of the file, which may be missing */
  constructor(path: string) {
    this.#path = path;
  }

  find(key: string): Verdict | undefined {
    return this.#read().find((verdict) => verdict.key === key);
  }

  /** Keeps it in the place of an older one. Where it cannot be written, the provider is tested again next time. */
  put(verdict: Verdict): void {
    const all = [...this.#read().filter(({ key }) => key !== verdict.key), verdict];
    const unfinished = `${this.#path}.unfinished`;
    try {
      writeFileSync(unfinished, JSON.stringify(all.slice(-KEPT), null, 1), { mode: 0o600 });
      renameSync(unfinished, this.#path);
    } catch {
      rmSync(unfinished, { force: true });
    }
  }

  /** A file that cannot be read holds no verdicts; one that cannot be understood costs no other. */
  #read(): readonly Verdict[] {
    try {
      return z
        .array(z.unknown())
        .parse(JSON.parse(readFileSync(this.#path, 'utf8')))
        .flatMap((kept) => verdictSchema.safeParse(kept).data ?? []);
    } catch {
      return [];
    }
  }
}
