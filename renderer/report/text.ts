import { count } from '../design/format.ts';
import { messages } from '../language/language.svelte.ts';

/** Words of the report editor. */
export const text = messages(
  {
    indication: 'Indication',
    technique: 'Technique',
    findings: 'Findings',
    impression: 'Impression',
    template: 'Template',
    useTemplate: 'Fill empty parts from a template …',
    sentences: 'Accepted findings, as they will stand in the report',
    noSentences: 'Accepted findings appear here as sentences and follow their measurements.',
    saving: 'Saving…',
    notSaved: 'Not saved yet. It is tried again with the next change.',
    savedAt: (moment: string) => `Saved ${moment}`,
    writtenTo: (path: string) => `The report was written to ${path}`,
    sentence: (place: string, size: string, pValue: string) =>
      `${place}: region of ${size}${pValue === '' ? '' : `, ${pValue}`}.`,
    image: (index: number, all: number, series: string) => `Image ${index} of ${all}${series}`,
    length: (value: string) => `${value} long`,
    angle: (value: string) => `an angle of ${value}`,
    area: (value: string) => `${value} in area`,
    accepted: (findings: number) => `${count(findings, 'accepted finding')} in the report`,
  },
  {
    indication: 'Fragestellung',
    technique: 'Technik',
    findings: 'Befund',
    impression: 'Beurteilung',
    template: 'Vorlage',
    useTemplate: 'Leere Teile aus einer Vorlage füllen …',
    sentences: 'Angenommene Funde, wie sie im Bericht stehen werden',
    noSentences: 'Angenommene Funde erscheinen hier als Sätze und folgen ihren Messungen.',
    saving: 'Wird gespeichert …',
    notSaved: 'Noch nicht gespeichert. Mit der nächsten Änderung wird es wieder versucht.',
    savedAt: (moment) => `Gespeichert ${moment}`,
    writtenTo: (path) => `Der Bericht wurde nach ${path} geschrieben`,
    sentence: (place, size, pValue) => `${place}: Bereich von ${size}${pValue === '' ? '' : `, ${pValue}`}.`,
    image: (index, all, series) => `Bild ${index} von ${all}${series}`,
    length: (value) => `${value} Länge`,
    angle: (value) => `einem Winkel von ${value}`,
    area: (value) => `${value} Fläche`,
    accepted: (findings) => `${count(findings, 'angenommener Fund', 'angenommene Funde')} im Bericht`,
  },
);
