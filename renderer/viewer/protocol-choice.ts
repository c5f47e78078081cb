import type { StudyRow } from '../../preload/contract/model.ts';
import type { HangingProtocol } from '../../preload/contract/reading-room.ts';

type Kind = Pick<HangingProtocol, 'modality' | 'bodyPart'>;

/** The protocol of the study's modality and body part, else of its modality, else of its body part, else for any. */
export function protocolFor<P extends Kind>(
  protocols: readonly P[],
  { modalities, bodyParts }: Pick<StudyRow, 'modalities' | 'bodyParts'>,
): P | undefined {
  const has = (wanted: string, there: readonly string[]) =>
    wanted === '' || there.some((one) => one.toLowerCase() === wanted.toLowerCase());
  const weight = ({ modality, bodyPart }: Kind) => (modality === '' ? 0 : 2) + (bodyPart === '' ? 0 : 1);
  return protocols
    .filter(({ modality, bodyPart }) => has(modality, modalities) && has(bodyPart, bodyParts))
    .toSorted((one, other) => weight(other) - weight(one))[0];
}
