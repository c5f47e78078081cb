import { count } from '../design/format.ts';
import { messages } from '../language/language.svelte.ts';

/** Words of the choice among stored images. */
export const text = messages(
  {
    studies: 'Studies to choose from',
    filter: 'Filter studies',
    modality: 'Modality',
    all: 'All',
    none: 'None',
    chooseAll: 'Choose all',
    counted: (studies: number) => count(studies, 'study', 'studies'),
    allOf: (patient: string, study: string) => `All images of ${patient}, ${study}`,
    images: 'Images of the study',
    chosenOf: (chosen: number, images: number) => `${chosen} of ${count(images, 'image')} chosen`,
    image: (number: number) => `Image ${number}`,
    emptyTitle: 'Choose normal images',
    emptyText:
      'Tick whole studies on the left, or pick a study to see its images and choose among them. All should be of one kind: the same modality, body part and view.',
    slices: 'From each stack',
    slicesImages: 'Images from each stack',
    slicesBetween: 'images between',
    slicesFrom: 'From, in percent of the height',
    slicesAnd: 'and',
    slicesTo: 'To, in percent of the height',
    slicesOf: '% of its height',
    takeSlices: 'Choose in all listed',
  },
  {
    studies: 'Studien zur Auswahl',
    filter: 'Studien filtern',
    modality: 'Modalität',
    all: 'Alle',
    none: 'Keine',
    chooseAll: 'Alle wählen',
    counted: (studies) => count(studies, 'Studie', 'Studien'),
    allOf: (patient, study) => `Alle Bilder von ${patient}, ${study}`,
    images: 'Bilder der Studie',
    chosenOf: (chosen, images) => `${chosen} von ${count(images, 'Bild', 'Bildern')} gewählt`,
    image: (number) => `Bild ${number}`,
    emptyTitle: 'Normalbilder wählen',
    emptyText:
      'Haken Sie links ganze Studien an, oder öffnen Sie eine Studie und wählen Sie unter ihren Bildern. Alle sollen von einer Art sein: dieselbe Modalität, Körperregion und Ansicht.',
    slices: 'Aus jedem Stapel',
    slicesImages: 'Bilder aus jedem Stapel',
    slicesBetween: 'Bilder zwischen',
    slicesFrom: 'Von, in Prozent der Höhe',
    slicesAnd: 'und',
    slicesTo: 'Bis, in Prozent der Höhe',
    slicesOf: '% seiner Höhe',
    takeSlices: 'In allen gezeigten wählen',
  },
);
