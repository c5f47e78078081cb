/** What the parts of a report may begin with, by exam. They fill what is empty and never replace what was written. */
import { messages } from '../language/language.svelte.ts';

export interface Template {
  readonly name: string;
  /** '' in either means any. */
  readonly modality: string;
  readonly bodyPart: string;
  readonly technique: string;
  readonly findings: string;
}

export const templates = messages<readonly Template[]>(
  [
    {
      name: 'CT head',
      modality: 'CT',
      bodyPart: 'HEAD',
      technique: 'Axial slices of the head without contrast medium.',
      findings: 'Ventricles and sulci:\nGrey and white matter:\nMidline:\nSkull and sinuses:',
    },
    {
      name: 'Chest radiograph',
      modality: 'DX',
      bodyPart: 'CHEST',
      technique: 'Chest, one view.',
      findings: 'Lungs:\nPleura:\nHeart and mediastinum:\nBones and soft tissues:',
    },
    {
      name: 'MR',
      modality: 'MR',
      bodyPart: '',
      technique: 'Sequences:\nPlanes:',
      findings: 'Signal:\nStructures:',
    },
    { name: 'Other exam', modality: '', bodyPart: '', technique: 'Images:', findings: 'Description:' },
  ],
  [
    {
      name: 'CT Schädel',
      modality: 'CT',
      bodyPart: 'HEAD',
      technique: 'Axiale Schichten des Schädels ohne Kontrastmittel.',
      findings: 'Ventrikel und Sulci:\nGraue und weiße Substanz:\nMittellinie:\nSchädel und Nebenhöhlen:',
    },
    {
      name: 'Röntgen-Thorax',
      modality: 'DX',
      bodyPart: 'CHEST',
      technique: 'Thorax in einer Ebene.',
      findings: 'Lungen:\nPleura:\nHerz und Mediastinum:\nSkelett und Weichteile:',
    },
    {
      name: 'MR',
      modality: 'MR',
      bodyPart: '',
      technique: 'Sequenzen:\nEbenen:',
      findings: 'Signal:\nStrukturen:',
    },
    { name: 'Andere Untersuchung', modality: '', bodyPart: '', technique: 'Aufnahmen:', findings: 'Beschreibung:' },
  ],
);
