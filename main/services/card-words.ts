/** The words of the evaluation card's page. */
import type {
  AnomalySize,
  AnomalyTask,
  CalibrationEvidence,
  Preset,
  ReportLanguage,
} from '../../preload/contract/model.ts';

export interface CardWords {
  readonly title: string;
  readonly notForDiagnosticUse: string;
  readonly state: { readonly active: string; readonly inactive: string; readonly retired: string };
  readonly madeFor: string;
  readonly anyScanner: string;
  readonly referenceSet: string;
  readonly referenceSetIs: (name: string, version: number) => string;
  readonly confirmed: string;
  readonly confirmedIs: (by: string, at: string) => string;
  readonly trainedOn: string;
  readonly heldOut: string;
  readonly images: (images: number) => string;
  readonly imagesOf: (images: number, patients: number) => string;
  readonly setAside: (images: number) => string;
  readonly model: string;
  readonly preset: string;
  readonly presets: Readonly<Record<Preset, string>>;
  readonly seed: string;
  readonly training: string;
  readonly trainingIs: (steps: number, seconds: string, first: string, last: string) => string;
  readonly processor: string;
  readonly made: string;
  readonly madeIs: (at: string, by: string) => string;
  readonly software: string;
  readonly softwareIs: (made: string, printed: string, at: string) => string;
  readonly origin: string;
  readonly worth: string;
  readonly none: string;
  readonly threshold: string;
  readonly tolerated: string;
  readonly atMost: (share: string) => string;
  readonly flagged: string;
  readonly expected: (share: string) => string;
  readonly range: (low: string, high: string) => string;
  readonly syntheticFound: string;
  readonly casesFound: string;
  readonly ofAll: (found: number, total: number) => string;
  readonly interval: (low: string, high: string) => string;
  readonly auroc: string;
  readonly nullBaseline: string;
  readonly noCasesYet: string;
  readonly notMeasured: string;
  readonly notMeasuredText: string;
  readonly nullBaselineText: string;
  readonly sources: Readonly<Record<CalibrationEvidence['source'], (images: string) => string>>;
  readonly certain: (share: string) => string;
  readonly cannot: (patients: number, share: string, wanted: string, needed: number) => string;
  readonly asThese: string;
  readonly casesLeftOut: (cases: number) => string;
  readonly scores: string;
  readonly normals: string;
  readonly synthetic: string;
  readonly cases: string;
  readonly roc: string;
  readonly rocOf: { readonly cases: string; readonly synthetic: string };
  readonly rocAxes: string;
  readonly sensitivity: string;
  readonly kind: string;
  readonly sizes: Readonly<Record<AnomalySize, string>>;
  readonly tasks: Readonly<Record<AnomalyTask, string>>;
  readonly unchanged: string;
  readonly unchangedText: string;
  readonly highestNormals: string;
  readonly lowestCases: string;
  readonly noPictures: string;
  readonly howMade: string;
  readonly mixture: string;
  readonly prompts: string;
  readonly promptsAre: (
    normal: number,
    abnormal: number,
    attention: string,
    position: string,
    shared: boolean,
  ) => string;
  readonly preparation: string;
  readonly precision: string;
  readonly pictures: string;
  readonly profile: string;
  readonly identity: string;
  readonly notKept: string;
  readonly fewImages: string;
  readonly page: (number: string, all: string) => string;
}

export const cardWords = (language: ReportLanguage): CardWords => WORDS[language];

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

const WORDS: Readonly<Record<ReportLanguage, CardWords>> = {
  en: {
    title: 'Evaluation card',
    notForDiagnosticUse: 'Not for diagnostic use',
    state: { active: 'In use', inactive: 'Not in use', retired: 'Retired' },
    madeFor: 'Made for',
    anyScanner: 'any scanner',
    referenceSet: 'Reference set',
    referenceSetIs: (name, version) => `${name}, version ${version}`,
    confirmed: 'Confirmed normal',
    confirmedIs: (by, at) => `by ${by}, ${at}`,
    trainedOn: 'Trained on',
    heldOut: 'Held out',
    images: (images) => plural(images, 'normal image', 'normal images'),
    imagesOf: (images, patients) =>
      `${plural(images, 'normal image', 'normal images')} of ${plural(patients, 'patient', 'patients')}`,
    setAside: (images) => `${plural(images, 'more image', 'more images')} set aside`,
    model: 'Model',
    preset: 'Preset',
    presets: { default: 'Default', fast: 'Map alone', parity: 'As published' },
    seed: 'Seed',
    training: 'Training',
    trainingIs: (steps, seconds, first, last) =>
      `${plural(steps, 'step', 'steps')} in ${seconds} s, loss from ${first} to ${last}`,
    processor: 'Processor',
    made: 'Made',
    madeIs: (at, by) => `${at} by ${by}`,
    software: 'Software',
    softwareIs: (made, printed, at) => `made with MediCLIP Workstation ${made}; card written with ${printed}, ${at}`,
    origin: 'Imported from',
    worth: 'What it is worth on these images',
    none: 'This calibration keeps no evidence: it was made before evidence was kept. Calibrate again to know what it is worth.',
    threshold: 'Threshold',
    tolerated: 'Normals that may be flagged',
    atMost: (share) => `at most ${share}`,
    flagged: 'Flagged among new normals',
    expected: (share) => `${share} expected`,
    range: (low, high) => `${low} to ${high} in 95 of 100 sites`,
    syntheticFound: 'Synthetic anomalies found',
    casesFound: 'Confirmed cases found',
    ofAll: (found, total) => `${found} of ${total}`,
    interval: (low, high) => `95%: ${low} to ${high}`,
    auroc: 'AUROC on confirmed cases',
    nullBaseline: 'AUROC at random weights (null baseline)',
    noCasesYet: 'no confirmed cases',
    notMeasured: 'not measured',
    notMeasuredText:
      'The null baseline was not measured, and without it the AUROC is no evidence. Press "Measure" beside the evidence of the calibration, on the workstation that has its images, and write the card again.',
    nullBaselineText:
      'The null baseline is the AUROC of the same architecture, untrained, on the same images. An AUROC says something about the model only by its distance from this one.',
    sources: {
      'held-out': (images) => `From ${images} whom training never saw.`,
      'cross-fit': (images) =>
        `From the training images themselves, ${images}, each judged by a model that did not see it. Close, but no exact promise.`,
      support: (images) => `From the training images themselves, ${images}. Too optimistic: hold images out.`,
    },
    certain: (share) => `With 95% certainty at most ${share} of new normal images are flagged.`,
    cannot: (patients, share, wanted, needed) =>
      `${plural(patients, 'patient', 'patients')} cannot promise under ${share}. For ${wanted} it takes normals of ${needed} held-out patients.`,
    asThese:
      'All of this holds for new images that are like these. Normals that were added because they had been flagged are no fair sample: they raise the threshold.',
    casesLeftOut: (cases) =>
      `${plural(cases, 'confirmed case', 'confirmed cases')} of patients in the reference set ${cases === 1 ? 'is' : 'are'} left out: they would flatter.`,
    scores: 'Scores',
    normals: 'held-out normals',
    synthetic: 'synthetic anomalies',
    cases: 'confirmed cases',
    roc: 'Found against wrongly flagged',
    rocOf: { cases: 'Confirmed cases.', synthetic: 'Synthetic anomalies.' },
    rocAxes: 'Across: normals flagged. Up: abnormal found.',
    sensitivity:
      'Synthetic anomalies found, by kind and share of the image, with 95% intervals; – where none came out so',
    kind: 'Kind',
    sizes: { small: 'small, under 2%', medium: '2 to 8%', large: 'large, from 8%' },
    tasks: {
      'cut-paste': 'Moved piece',
      'gauss-intensity': 'Textured change',
      'smooth-intensity': 'Smooth change',
      source: 'Pushed apart',
      sink: 'Drawn together',
      identity: 'Unchanged',
    },
    unchanged: 'Unchanged',
    unchangedText: 'flagged, of normals that went the same way with nothing made in them: a control',
    highestNormals: 'Normals that score highest',
    lowestCases: 'Confirmed cases that score lowest',
    noPictures: 'The card shows no image of a patient. The window shows the images behind these scores.',
    howMade: 'How it was made',
    mixture: 'Mixture of anomalies',
    prompts: 'Prompts',
    promptsAre: (normal, abnormal, attention, position, shared) =>
      `${normal} normal and ${abnormal} abnormal phrases, ${attention} attention, phrase at the ${position}, ${shared ? 'one context for each class' : 'a context for each phrase'}`,
    preparation: 'Preparation of images',
    precision: 'Weights',
    pictures: 'Pictures, SHA-256',
    profile: 'Profile, SHA-256',
    identity: 'Identity',
    notKept: 'not kept by the version that made it',
    fewImages: 'Measured on few images of one site.',
    page: (number, all) => `Page ${number} of ${all}`,
  },
  de: {
    title: 'Datenblatt der Kalibrierung',
    notForDiagnosticUse: 'Nicht für die Diagnostik',
    state: { active: 'In Gebrauch', inactive: 'Nicht in Gebrauch', retired: 'Außer Dienst' },
    madeFor: 'Gemacht für',
    anyScanner: 'jedes Gerät',
    referenceSet: 'Referenzsatz',
    referenceSetIs: (name, version) => `${name}, Version ${version}`,
    confirmed: 'Als normal bestätigt',
    confirmedIs: (by, at) => `von ${by}, ${at}`,
    trainedOn: 'Trainiert auf',
    heldOut: 'Zurückgehalten',
    images: (images) => plural(images, 'Normalbild', 'Normalbildern'),
    imagesOf: (images, patients) =>
      `${plural(images, 'Normalbild', 'Normalbilder')} von ${plural(patients, 'Patient', 'Patienten')}`,
    setAside: (images) => `${plural(images, 'weiteres Bild', 'weitere Bilder')} beiseitegelegt`,
    model: 'Modell',
    preset: 'Voreinstellung',
    presets: { default: 'Standard', fast: 'Nur die Karte', parity: 'Wie veröffentlicht' },
    seed: 'Startzahl',
    training: 'Training',
    trainingIs: (steps, seconds, first, last) =>
      `${plural(steps, 'Schritt', 'Schritte')} in ${seconds} s, Verlust von ${first} auf ${last}`,
    processor: 'Prozessor',
    made: 'Gemacht',
    madeIs: (at, by) => `${at} von ${by}`,
    software: 'Software',
    softwareIs: (made, printed, at) =>
      `gemacht mit MediCLIP Workstation ${made}; Datenblatt geschrieben mit ${printed}, ${at}`,
    origin: 'Importiert von',
    worth: 'Was sie auf diesen Bildern taugt',
    none: 'Diese Kalibrierung hat keine Belege: Sie entstand, bevor Belege aufgehoben wurden. Kalibrieren Sie neu, um zu wissen, was sie taugt.',
    threshold: 'Schwelle',
    tolerated: 'Normalbilder, die markiert werden dürfen',
    atMost: (share) => `höchstens ${share}`,
    flagged: 'Markiert unter neuen Normalbildern',
    expected: (share) => `${share} erwartet`,
    range: (low, high) => `${low} bis ${high} an 95 von 100 Orten`,
    syntheticFound: 'Synthetische Anomalien gefunden',
    casesFound: 'Bestätigte Fälle gefunden',
    ofAll: (found, total) => `${found} von ${total}`,
    interval: (low, high) => `95%: ${low} bis ${high}`,
    auroc: 'AUROC auf bestätigten Fällen',
    nullBaseline: 'AUROC mit zufälligen Gewichten (Nullvergleich)',
    noCasesYet: 'keine bestätigten Fälle',
    notMeasured: 'nicht gemessen',
    notMeasuredText:
      'Der Nullvergleich wurde nicht gemessen, und ohne ihn ist die AUROC kein Beleg. Drücken Sie „Messen“ bei den Belegen der Kalibrierung, auf der Workstation, die ihre Bilder hat, und schreiben Sie das Datenblatt neu.',
    nullBaselineText:
      'Der Nullvergleich ist die AUROC derselben Architektur, untrainiert, auf denselben Bildern. Eine AUROC sagt nur durch ihren Abstand von dieser etwas über das Modell.',
    sources: {
      'held-out': (images) => `Aus Bildern, die das Training nie sah: ${images}.`,
      'cross-fit': (images) =>
        `Aus den Trainingsbildern selbst, jedes beurteilt von einem Modell, das es nicht sah: ${images}. Nahe daran, aber keine genaue Zusage.`,
      support: (images) => `Aus den Trainingsbildern selbst: ${images}. Zu günstig: Halten Sie Bilder zurück.`,
    },
    certain: (share) => `Mit 95% Sicherheit werden höchstens ${share} neuer Normalbilder markiert.`,
    cannot: (patients, share, wanted, needed) =>
      `${plural(patients, 'Patient kann', 'Patienten können')} nichts unter ${share} zusagen. Für ${wanted} braucht es Normalbilder von ${needed} zurückgehaltenen Patienten.`,
    asThese:
      'All das gilt für neue Bilder, die wie diese sind. Normalbilder, die hinzukamen, weil sie markiert waren, sind keine faire Stichprobe: Sie heben die Schwelle.',
    casesLeftOut: (cases) =>
      `${plural(cases, 'bestätigter Fall', 'bestätigte Fälle')} von Patienten des Referenzsatzes ${cases === 1 ? 'bleibt' : 'bleiben'} beiseite: Sie würden schmeicheln.`,
    scores: 'Werte',
    normals: 'zurückgehaltene Normalbilder',
    synthetic: 'synthetische Anomalien',
    cases: 'bestätigte Fälle',
    roc: 'Gefunden gegen falsch markiert',
    rocOf: { cases: 'Bestätigte Fälle.', synthetic: 'Synthetische Anomalien.' },
    rocAxes: 'Waagrecht: markierte Normalbilder. Senkrecht: gefundene auffällige.',
    sensitivity:
      'Gefundene synthetische Anomalien nach Art und Anteil am Bild, mit 95%-Intervallen; – wo keine so entstand',
    kind: 'Art',
    sizes: { small: 'klein, unter 2%', medium: '2 bis 8%', large: 'groß, ab 8%' },
    tasks: {
      'cut-paste': 'Versetztes Stück',
      'gauss-intensity': 'Gefleckte Änderung',
      'smooth-intensity': 'Weiche Änderung',
      source: 'Auseinandergedrängt',
      sink: 'Zusammengezogen',
      identity: 'Unverändert',
    },
    unchanged: 'Unverändert',
    unchangedText:
      'markiert, von Normalbildern, die denselben Weg gingen, ohne dass etwas darin erzeugt wurde: eine Kontrolle',
    highestNormals: 'Normalbilder mit den höchsten Werten',
    lowestCases: 'Bestätigte Fälle mit den niedrigsten Werten',
    noPictures: 'Das Datenblatt zeigt kein Bild eines Patienten. Die Bilder zu diesen Werten zeigt das Fenster.',
    howMade: 'Wie sie entstand',
    mixture: 'Mischung der Anomalien',
    prompts: 'Prompts',
    promptsAre: (normal, abnormal, attention, position, shared) =>
      `${normal} normale und ${abnormal} auffällige Phrasen, Aufmerksamkeit ${attention}, Ort der Phrase ${position}, ${shared ? 'ein Kontext je Klasse' : 'ein Kontext je Phrase'}`,
    preparation: 'Aufbereitung der Bilder',
    precision: 'Gewichte',
    pictures: 'Bilder, SHA-256',
    profile: 'Profil, SHA-256',
    identity: 'Kennung',
    notKept: 'von der Version, die sie machte, nicht aufgehoben',
    fewImages: 'An wenigen Bildern eines Ortes gemessen.',
    page: (number, all) => `Seite ${number} von ${all}`,
  },
};
