/** What the check of an image found, in words. */
import type { ImageRemark } from '../../preload/contract/model.ts';
import { messages } from '../language/language.svelte.ts';

type Say = (detail: string) => string;
type Kind = ImageRemark['kind'];

/** Does not speak against an image on its own. */
const notes: ReadonlySet<Kind> = new Set(['same-patient', 'colour', 'other-size']);
export const isNote = ({ kind }: ImageRemark) => notes.has(kind);

const named = (detail: string, none: string) => detail || none;

export const remarkText = messages<Readonly<Record<Kind, Say>>>(
  {
    'wrong-modality': (is) => `Another modality: ${named(is, 'none named')}`,
    'wrong-body-part': (is) => `Another body part: ${named(is, 'none named')}`,
    'wrong-view': (is) => `Another view or plane: ${named(is, 'none named')}`,
    'wrong-scanner': (is) => `Another scanner: ${named(is, 'none named')}`,
    'wrong-protocol': (is) => `Another protocol: ${named(is, 'none named')}`,
    localizer: () => 'A localiser, not a slice',
    unreadable: () => 'Cannot be read',
    blank: () => 'Blank: all of it has nearly one value',
    'near-duplicate': () => 'Nearly the same picture as another one',
    'burned-in-text': () => 'Text seems to be burned into the picture',
    outlier: () => 'Looks unlike the others: artefact, another region, or not normal?',
    blurred: () => 'Less sharp than the others: motion?',
    colour: () => 'in colour; training sees it in grey',
    'other-size': () => 'of another size than most; all are brought to one size',
    'same-patient': () => 'of patients with several images: they stay on one side, training or threshold',
  },
  {
    'wrong-modality': (is) => `Andere Modalität: ${named(is, 'keine genannt')}`,
    'wrong-body-part': (is) => `Andere Körperregion: ${named(is, 'keine genannt')}`,
    'wrong-view': (is) => `Andere Ansicht oder Ebene: ${named(is, 'keine genannt')}`,
    'wrong-scanner': (is) => `Anderes Gerät: ${named(is, 'keines genannt')}`,
    'wrong-protocol': (is) => `Anderes Protokoll: ${named(is, 'keines genannt')}`,
    localizer: () => 'Ein Übersichtsbild, keine Schicht',
    unreadable: () => 'Nicht lesbar',
    blank: () => 'Leer: fast überall derselbe Wert',
    'near-duplicate': () => 'Fast dasselbe Bild wie ein anderes',
    'burned-in-text': () => 'Im Bild scheint Text eingebrannt zu sein',
    outlier: () => 'Sieht anders aus als die übrigen: Artefakt, andere Region oder nicht normal?',
    blurred: () => 'Weniger scharf als die übrigen: Bewegung?',
    colour: () => 'in Farbe; das Training sieht Grau',
    'other-size': () => 'von anderer Größe als die meisten; alle werden auf eine Größe gebracht',
    'same-patient': () => 'von Patienten mit mehreren Bildern: Sie bleiben auf einer Seite, Training oder Schwelle',
  },
);
