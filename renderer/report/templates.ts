/** What the parts of a report may begin with, by exam. They fill what is empty and never replace what was written. */
import type { ReportTemplate } from '../../preload/contract/reading-room.ts';
import { messages } from '../language/language.svelte.ts';

type Template = Omit<ReportTemplate, 'id'>;

export const templates = messages<readonly Template[]>(
  [
    {
      name: 'CT head',
      modality: 'CT',
      bodyPart: 'HEAD',
      technique: 'Axial slices of the head without contrast medium.',
      findings: 'Ventricles and sulci:\nGrey and white matter:\nMidline:\nSkull and sinuses:',
      impression: '',
    },
    {
      name: 'Chest radiograph',
      modality: 'DX',
      bodyPart: 'CHEST',
      technique: 'Chest, one view.',
      findings: 'Lungs:\nPleura:\nHeart and mediastinum:\nBones and soft tissues:',
      impression: '',
    },
    {
      name: 'MR',
      modality: 'MR',
      bodyPart: '',
      technique: 'Sequences:\nPlanes:',
      findings: 'Signal:\nStructures:',
      impression: '',
    },
    { name: 'Other exam', modality: '', bodyPart: '', technique: 'Images:', findings: 'Description:', impression: '' },
  ],
  [
    {
      name: 'CT Schädel',
      modality: 'CT',
      bodyPart: 'HEAD',
      technique: 'Axiale Schichten des Schädels ohne Kontrastmittel.',
      findings: 'Ventrikel und Sulci:\nGraue und weiße Substanz:\nMittellinie:\nSchädel und Nebenhöhlen:',
      impression: '',
    },
    {
      name: 'Röntgen-Thorax',
      modality: 'DX',
      bodyPart: 'CHEST',
      technique: 'Thorax in einer Ebene.',
      findings: 'Lungen:\nPleura:\nHerz und Mediastinum:\nSkelett und Weichteile:',
      impression: '',
    },
    {
      name: 'MR',
      modality: 'MR',
      bodyPart: '',
      technique: 'Sequenzen:\nEbenen:',
      findings: 'Signal:\nStrukturen:',
      impression: '',
    },
    {
      name: 'Andere Untersuchung',
      modality: '',
      bodyPart: '',
      technique: 'Aufnahmen:',
      findings: 'Beschreibung:',
      impression: '',
    },
  ],
);
