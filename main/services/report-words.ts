/** The words of the report's page, in the language that the report was signed in. */
import type { Preset, ReportLanguage } from '../../preload/contract/model.ts';

export interface ReportWords {
  readonly title: string;
  readonly signed: string;
  readonly draft: string;
  readonly notForDiagnosticUse: string;
  readonly patient: string;
  readonly patientId: string;
  readonly born: string;
  readonly sex: string;
  readonly study: string;
  readonly date: string;
  readonly modality: string;
  readonly accession: string;
  readonly indication: string;
  readonly technique: string;
  readonly findings: string;
  readonly impression: string;
  readonly addendum: string;
  readonly findingsLater: string;
  readonly notAnalysed: string;
  readonly accepted: (findings: number) => string;
  readonly undecided: (findings: number) => string;
  readonly image: (series: number, place: number, all: number) => string;
  readonly asTheModelSawIt: string;
  readonly withFindings: string;
  readonly measurements: string;
  readonly number: string;
  readonly imageColumn: string;
  readonly measured: string;
  readonly peakScore: string;
  readonly pValue: string;
  readonly longestDiameter: string;
  readonly area: string;
  readonly measuredByReader: string;
  readonly atDetector: string;
  readonly anomalyScore: string;
  readonly colours: string;
  readonly colourNote: (threshold: string) => string;
  readonly highest: string;
  readonly scoreOf: (score: string, pValue: string, flagged: boolean) => string;
  readonly howMade: string;
  readonly method: string;
  readonly methodIs: string;
  readonly analysis: string;
  readonly analysisIs: (at: string, images: number, flagged: number, provider: string) => string;
  readonly calibration: string;
  readonly calibrationIs: (name: string, at: string, by: string) => string;
  readonly normals: string;
  readonly normalsAre: (of: {
    readonly shots: number;
    readonly referenceSetName: string;
    readonly heldOut: number;
    readonly preset: Preset;
    readonly seed: number;
    readonly steps: number;
  }) => string;
  readonly threshold: string;
  readonly thresholdIs: (threshold: string, share: string) => string;
  readonly model: string;
  readonly profile: string;
  readonly software: string;
  readonly softwareIs: (version: string, at: string) => string;
  readonly scoreMeaning: Readonly<Record<Preset, string>>;
  readonly pValueMeaning: string;
  readonly signedBy: (name: string, at: string) => string;
  readonly notSigned: string;
  readonly page: (number: string, all: string) => string;
}

export const reportWords = (language: ReportLanguage): ReportWords => WORDS[language];

const HIGHEST_OF_MAP = {
  en: 'A score is the highest value of the anomaly map, between 0.12 and 0.88.',
  de: 'Der Score ist der höchste Wert der Anomaliekarte, zwischen 0,12 und 0,88.',
};

const WORDS: Readonly<Record<ReportLanguage, ReportWords>> = {
  en: {
    title: 'Anomaly detection report',
    signed: 'Signed',
    draft: 'Draft',
    notForDiagnosticUse: 'Not for diagnostic use',
    patient: 'Patient',
    patientId: 'Patient ID',
    born: 'Born',
    sex: 'Sex',
    study: 'Study',
    date: 'Date',
    modality: 'Modality',
    accession: 'Accession',
    indication: 'Indication',
    technique: 'Technique',
    findings: 'Findings',
    impression: 'Impression',
    addendum: 'Addendum',
    findingsLater: 'Findings are part of the report once it is signed.',
    notAnalysed: 'This study was not analysed.',
    accepted: (findings) =>
      findings === 0
        ? 'No finding was accepted.'
        : `${findings} finding${findings === 1 ? ' was' : 's were'} accepted.`,
    undecided: (findings) => `${findings} of the analysis were left undecided and are not shown.`,
    image: (series, place, all) => `Series ${series}, image ${place} of ${all}`,
    asTheModelSawIt: 'as the model saw it',
    withFindings: 'with the accepted findings',
    measurements: 'Measurements',
    number: 'No.',
    imageColumn: 'Image',
    measured: 'Measured',
    peakScore: 'Peak score',
    pValue: 'p-value',
    longestDiameter: 'Longest diameter',
    area: 'Area',
    measuredByReader: 'Measured by the reader',
    atDetector: '(detector)',
    anomalyScore: 'Anomaly score',
    colours: 'Colours of anomaly scores, the same on every image',
    colourNote: (threshold) => `The colours mean the same on every image. White line: threshold ${threshold}.`,
    highest: 'Highest scores',
    scoreOf: (score, pValue, flagged) => `score ${score}, p ${pValue}${flagged ? ', flagged' : ''}`,
    howMade: 'How this was made',
    method: 'Method',
    methodIs: 'MediCLIP: few-shot anomaly detection, calibrated on normal images of this site',
    analysis: 'Analysis',
    analysisIs: (at, images, flagged, provider) => `${at}, ${images} images, ${flagged} flagged, on ${provider}`,
    calibration: 'Calibration',
    calibrationIs: (name, at, by) => `${name}, ${at} by ${by}`,
    normals: 'Normals',
    normalsAre: ({ shots, referenceSetName, heldOut, preset, seed, steps }) =>
      `${shots} from "${referenceSetName}", ${heldOut} held out; preset ${preset}, seed ${seed}, ${steps} steps`,
    threshold: 'Threshold',
    thresholdIs: (threshold, share) => `${threshold}, which flags at most ${share} of normal images in the long run`,
    model: 'Model',
    profile: 'Profile',
    software: 'Software',
    softwareIs: (version, at) => `MediCLIP Workstation ${version}; report made ${at}`,
    scoreMeaning: {
      parity: HIGHEST_OF_MAP.en,
      fast: HIGHEST_OF_MAP.en,
      default:
        'A score says by how many standard deviations of the normals an image differs from them, by its trained map and its ' +
        'nearest normal patches together: 0.5 is as the average normal, 0.75 four deviations above. Values of the map are on ' +
        'the same scale, shifted so that one threshold serves both. A flag comes from the whole image and a finding from one ' +
        'place on its map: an image can carry a finding without being flagged, and be flagged without one.',
    },
    pValueMeaning:
      'The p-value of an image is the share of normal images, this one counted among them, that score at least as high; the ' +
      'p-value of a finding is the share of normal images whose map has a point at least as high. With few normals neither ' +
      'can be small.',
    signedBy: (name, at) => `Signed by ${name}, ${at}`,
    notSigned: 'This draft has not been signed.',
    page: (number, all) => `Page ${number} of ${all}`,
  },
  de: {
    title: 'Befund zur Anomalieerkennung',
    signed: 'Signiert',
    draft: 'Entwurf',
    notForDiagnosticUse: 'Nicht für die Diagnostik',
    patient: 'Patient',
    patientId: 'Patienten-ID',
    born: 'Geboren',
    sex: 'Geschlecht',
    study: 'Studie',
    date: 'Datum',
    modality: 'Modalität',
    accession: 'Auftragsnummer',
    indication: 'Fragestellung',
    technique: 'Technik',
    findings: 'Befund',
    impression: 'Beurteilung',
    addendum: 'Nachtrag',
    findingsLater: 'Funde stehen im Befund, sobald er signiert ist.',
    notAnalysed: 'Diese Studie wurde nicht analysiert.',
    accepted: (findings) =>
      findings === 0
        ? 'Kein Fund wurde angenommen.'
        : `${findings} ${findings === 1 ? 'Fund wurde' : 'Funde wurden'} angenommen.`,
    undecided: (findings) => `Über ${findings} der Analyse wurde nicht entschieden; sie sind nicht gezeigt.`,
    image: (series, place, all) => `Serie ${series}, Bild ${place} von ${all}`,
    asTheModelSawIt: 'wie das Modell es sah',
    withFindings: 'mit den angenommenen Funden',
    measurements: 'Messungen',
    number: 'Nr.',
    imageColumn: 'Bild',
    measured: 'Gemessen',
    peakScore: 'Höchster Score',
    pValue: 'p-Wert',
    longestDiameter: 'Größter Durchmesser',
    area: 'Fläche',
    measuredByReader: 'Vom Befunder gemessen',
    atDetector: '(Detektor)',
    anomalyScore: 'Anomaliescore',
    colours: 'Farben der Anomaliescores, auf jedem Bild dieselben',
    colourNote: (threshold) => `Die Farben bedeuten auf jedem Bild dasselbe. Weiße Linie: Schwelle ${threshold}.`,
    highest: 'Höchste Scores',
    scoreOf: (score, pValue, flagged) => `Score ${score}, p ${pValue}${flagged ? ', markiert' : ''}`,
    howMade: 'Wie das entstanden ist',
    method: 'Verfahren',
    methodIs: 'MediCLIP: Anomalieerkennung aus wenigen Beispielen, kalibriert mit normalen Bildern dieses Hauses',
    analysis: 'Analyse',
    analysisIs: (at, images, flagged, provider) => `${at}, ${images} Bilder, ${flagged} markiert, auf ${provider}`,
    calibration: 'Kalibrierung',
    calibrationIs: (name, at, by) => `${name}, ${at} von ${by}`,
    normals: 'Normalbilder',
    normalsAre: ({ shots, referenceSetName, heldOut, preset, seed, steps }) =>
      `${shots} aus „${referenceSetName}“, ${heldOut} zurückgehalten; Voreinstellung ${preset}, Startzahl ${seed}, ${steps} Schritte`,
    threshold: 'Schwelle',
    thresholdIs: (threshold, share) => `${threshold}; sie markiert auf Dauer höchstens ${share} der Normalbilder`,
    model: 'Modell',
    profile: 'Profil',
    software: 'Software',
    softwareIs: (version, at) => `MediCLIP Workstation ${version}; Befund erstellt ${at}`,
    scoreMeaning: {
      parity: HIGHEST_OF_MAP.de,
      fast: HIGHEST_OF_MAP.de,
      default:
        'Der Score sagt, um wie viele Standardabweichungen der Normalbilder ein Bild von ihnen abweicht, nach der trainierten ' +
        'Karte und den nächsten normalen Ausschnitten zusammen: 0,5 ist wie der Durchschnitt der Normalbilder, 0,75 vier ' +
        'Abweichungen darüber. Werte der Karte haben dieselbe Skala, so verschoben, dass eine Schwelle für beide gilt. Eine ' +
        'Markierung kommt vom ganzen Bild, ein Fund von einer Stelle seiner Karte: Ein Bild kann einen Fund haben, ohne ' +
        'markiert zu sein, und ohne Fund markiert sein.',
    },
    pValueMeaning:
      'Der p-Wert eines Bildes ist der Anteil der normalen Bilder, dieses mitgezählt, deren Score mindestens so hoch ist; der ' +
      'p-Wert eines Fundes ist der Anteil der normalen Bilder, deren Karte eine mindestens so hohe Stelle hat. Mit wenigen ' +
      'Normalbildern kann keiner von beiden klein sein.',
    signedBy: (name, at) => `Signiert von ${name}, ${at}`,
    notSigned: 'Dieser Entwurf wurde nicht signiert.',
    page: (number, all) => `Seite ${number} von ${all}`,
  },
};
