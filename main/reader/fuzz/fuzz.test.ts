import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../../tests/support/store.ts';
import { examineOne, mutatedInput } from './examine.ts';

const real = resolve(import.meta.dirname, '../../../../shared/data/dicom');
const folder = existsSync(real) ? real : null;

describe('mutated files', () => {
  it('are read or refused with a Fault, whatever a mutation makes of them', { timeout: 120_000 }, async () => {
    const input = { folder, seed: 7, scratch: freshFolder() };
    const outcomes: string[] = [];
    for (let index = 0; index < 400; index += 1) {
      const { outcome, detail, name } = await examineOne(input, index);
      outcomes.push(outcome);
      expect(['read', 'bad-file', 'bad-pixels', 'unsupported'], `input ${index} from ${name}: ${detail}`).toContain(
        outcome,
      );
      if (outcome !== 'read') expect(detail).toMatch(/^[A-Z].*\.$/s);
    }
    expect(outcomes.filter((outcome) => outcome === 'read').length).toBeGreaterThan(20);
    expect(outcomes.filter((outcome) => outcome !== 'read').length).toBeGreaterThan(100);
  });

  it('are the same for the same seed and index', async () => {
    const one = await mutatedInput({ folder, seed: 7 }, 31);
    expect(await mutatedInput({ folder, seed: 7 }, 31)).toEqual(one);
    expect((await mutatedInput({ folder, seed: 8 }, 31)).bytes).not.toEqual(one.bytes);
  });
});
