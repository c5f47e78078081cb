import { expect, it } from 'vitest';
import { protocolFor } from './protocol-choice.ts';

const kind = (modality: string, bodyPart: string) => ({ modality, bodyPart });
const [any, head, ct, ctHead] = [kind('', ''), kind('', 'HEAD'), kind('CT', ''), kind('CT', 'Head')];
const study = { modalities: ['CT'], bodyParts: ['HEAD'] };

it('chooses the protocol that says most about a study, and none for another kind', () => {
  expect(protocolFor([any, head, ct, ctHead], study)).toBe(ctHead);
  expect(protocolFor([any, head, ct], study)).toBe(ct);
  expect(protocolFor([any, head], study)).toBe(head);
  expect(protocolFor([any, ct], { modalities: ['MR'], bodyParts: [] })).toBe(any);
  expect(protocolFor([ct, ctHead], { modalities: ['MR'], bodyParts: ['HEAD'] })).toBeUndefined();
});
