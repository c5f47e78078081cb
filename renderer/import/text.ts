import type { PhotoModality } from '../../preload/contract/workstation.ts';
import { messages } from '../language/language.svelte.ts';

/** Words of the form for photographs. */
export const text = messages(
  {
    title: 'Whose photographs are these?',
    lacking: (photos: number) =>
      photos === 1
        ? 'A photograph says nothing about its patient. What you enter here is kept with it.'
        : `${photos} photographs say nothing about their patient. What you enter here is kept with them.`,
    familyName: 'Family name',
    givenName: 'Given name',
    patientId: 'Patient ID',
    birthDate: 'Date of birth',
    modality: 'Kind of image',
    bodyPart: 'Body part',
    description: 'Description of the study',
    import: 'Import',
    without: 'Import without',
    optional: 'optional',
    modalities: {
      XC: 'Photograph (XC)',
      ES: 'Endoscopy (ES)',
      OP: 'Ophthalmic photograph (OP)',
      GM: 'Microscopy (GM)',
      DX: 'Radiograph (DX)',
      CT: 'CT slices',
      MR: 'MR slices',
      US: 'Ultrasound (US)',
      OT: 'Other (OT)',
    } satisfies Record<PhotoModality, string>,
  },
  {
    title: 'Von wem sind diese Fotos?',
    lacking: (photos) =>
      photos === 1
        ? 'Ein Foto sagt nichts über seinen Patienten. Was Sie hier eintragen, wird mit ihm aufbewahrt.'
        : `${photos} Fotos sagen nichts über ihren Patienten. Was Sie hier eintragen, wird mit ihnen aufbewahrt.`,
    familyName: 'Nachname',
    givenName: 'Vorname',
    patientId: 'Patienten-ID',
    birthDate: 'Geburtsdatum',
    modality: 'Art der Bilder',
    bodyPart: 'Körperregion',
    description: 'Beschreibung der Studie',
    import: 'Importieren',
    without: 'Ohne importieren',
    optional: 'freiwillig',
    modalities: {
      XC: 'Fotografie (XC)',
      ES: 'Endoskopie (ES)',
      OP: 'Augenfotografie (OP)',
      GM: 'Mikroskopie (GM)',
      DX: 'Röntgenbild (DX)',
      CT: 'CT-Schichten',
      MR: 'MR-Schichten',
      US: 'Ultraschall (US)',
      OT: 'Anderes (OT)',
    },
  },
);
