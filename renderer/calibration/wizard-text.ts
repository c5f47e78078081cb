import { count, formatShare } from '../design/format.ts';
import { messages } from '../language/language.svelte.ts';

/** Words of the steps of a new calibration. */
export const text = messages(
  {
    title: 'New calibration',
    steps: 'Steps',
    step: {
      scope: 'Scope',
      reference: 'Normal images',
      preview: 'Anomalies',
      run: 'Training',
      evidence: 'Evidence',
      save: 'Save',
    },
    cancel: 'Leave',
    back: 'Back',
    next: 'Continue',

    scopeTitle: 'What is this calibration for?',
    scopeText:
      'One kind of image: one modality, body part and view. The narrower it is, the better the tool knows what is normal there.',
    kind: 'Kind of image',
    asTheImages: 'As the images say',
    asTheImagesText: 'Modality, body part, view, manufacturer and protocol, as far as all chosen images share them.',
    unnamed: 'not named in the files',
    stored: (images: number, patients: number) =>
      `${count(images, 'image')} of ${count(patients, 'patient')} on this workstation`,
    scannerOnly: (scanner: string) => `Only for images from ${scanner}`,
    model: 'Model',
    preset: 'Preset',
    presets: {
      default: {
        label: 'Default',
        text: 'A short training, and a memory of the normal images that judges with it. The best results here, and the quickest.',
      },
      fast: { label: 'Map alone', text: 'As long a training as published, on anomalies that are made once.' },
      parity: { label: 'As published', text: 'The published procedure, step by step. Takes the longest.' },
    },
    howMany: 'How many normal images?',
    howManyTrain: '16 train. They are enough to learn from, and more add little.',
    howManyHold: (share: number, needed: number) =>
      `${needed} more, of other patients, are held out. They show how high a normal image scores: with fewer than ${needed} nobody can promise that at most ${formatShare(share)} of normals are flagged.`,
    noModel: 'There is no model. Import one on the screen Models.',

    saved: 'Use a set that was saved before',
    chooseBelow: 'Choose images below',
    asNewVersion: 'Change it: as the next version',
    useAsSaved: (version: number) => `Use version ${version} all the same`,
    importFolder: 'Import a folder',
    importSet: 'Import a set',
    exportSet: 'Export without identities',
    fromPacs: 'From the PACS',
    version: (version: number) => `version ${version}`,
    chosen: (images: number, studies: number) => `${count(images, 'image')} of ${count(studies, 'study', 'studies')}`,
    check: 'Check the images',
    checking: 'Checking the images',
    checked: 'Nothing speaks against these images.',
    remarked: (images: number) => `${count(images, 'image')} to look at`,
    imagesThat: (images: number) => `${count(images, 'image')}:`,
    takeOut: 'Take out',
    takeOutAll: 'Take all of these out',
    nameOfSet: 'Name of the reference set',
    nameOfSetHint: 'Name, e.g. Head CT normals, spring',
    confirm: 'I confirm these are normal',
    saveSet: 'Save and go on',
    tooFew: (fewest: number) => `Choose at least ${fewest} images; 32 or more work better.`,
    tooMany: (most: number) =>
      `A set holds ${count(most, 'image')} at most. A few of each patient are enough: take some out.`,
    checkFirst: 'Check the images first.',
    giveName: 'Give the set a name.',
    confirmFirst: 'Confirm that the images are normal.',

    previewTitle: 'What training learns to find',
    previewText:
      'No abnormal image is needed: training changes your normal images in these ways and learns where it did. The outline shows the place.',
    again: 'Draw others',
    share: 'Share',
    reset: 'As published',
    tasks: {
      'cut-paste': {
        label: 'Moved piece',
        text: 'A piece of another normal image in the wrong place: masses, foreign bodies.',
      },
      'gauss-intensity': {
        label: 'Textured change',
        text: 'A speckled area that is brighter or darker: bleeding, infiltrate.',
      },
      'smooth-intensity': {
        label: 'Smooth change',
        text: 'An area that grows brighter or darker toward its middle: oedema, effusion.',
      },
      source: { label: 'Pushed apart', text: 'Tissue that is pushed away from a point: swelling, mass effect.' },
      sink: { label: 'Drawn together', text: 'Tissue that is drawn to a point: shrinkage, scars.' },
      identity: { label: 'Unchanged', text: 'The normal image as it is, so that training sees normal ones as well.' },
    },
    noAnomaly: 'Give at least one kind of anomaly a share.',
    advanced: 'Prompts, for those who know the method',
    advancedText:
      'The phrases that training fits to your images, and how they are built. Left alone they are as published.',
    normalPhrases: 'Phrases for normal, one a line',
    abnormalPhrases: 'Phrases for abnormal, one a line',
    position: 'Place of the phrase',
    positions: { end: 'after its context', middle: 'in the middle of its context', front: 'before its context' },
    shared: 'One context for all phrases of a class',

    settingsTitle: 'Train',
    name: 'Name of the calibration',
    shots: 'Images to train on',
    heldOut: 'Left for the threshold',
    heldOutText: (patients: number) => `of ${count(patients, 'other patient')}, which training never sees`,
    tolerated: 'Share of normal images that may be flagged, in percent',
    setAside: (images: number) =>
      `; ${count(images, 'more image')} of the patients who train, or beyond 400, stand aside`,
    cannotPromise: (patients: number, smallest: number, share: number, needed: number) =>
      `${count(patients, 'held-out patient')} cannot promise under ${formatShare(smallest)}: a new patient is as likely as each of them to score highest, so 1 in ${patients + 1} is flagged even with the threshold above all of them. For ${formatShare(share)} hold out ${needed} patients, or tolerate a larger share.`,
    provider: 'Computed on',
    providers: {
      auto: 'Automatic',
      cpu: 'Processor (CPU)',
      webgpu: 'Graphics (WebGPU)',
      cuda: 'NVIDIA (CUDA)',
      dml: 'DirectML',
      coreml: 'Core ML',
    },
    seed: 'Seed, for repeating the run exactly',
    start: 'Start the training',
    wrongName: 'Give the calibration a name.',
    wrongHeldOut: (most: number) => `Hold out at least one image: train on ${most} at most.`,
    wrongMostShots: (most: number) => `Train on ${most} images at most: 16 are enough to learn from.`,
    confirmedBy: (by: string, at: string) => `confirmed by ${by}, ${at}`,
    andMore: (more: number) => `and ${more} more`,

    saveTitle: 'Save the calibration',
    inUse: 'Use it for new studies of this kind',
    inUseText: 'One calibration of a kind is active; the one that is active now gives way and can be rolled back to.',
    save: 'Save',
    saveText:
      'The profile holds weights, threshold and evidence. Its card can be read at any time, and nothing in it is a patient’s.',
  },
  {
    title: 'Neue Kalibrierung',
    steps: 'Schritte',
    step: {
      scope: 'Bereich',
      reference: 'Normalbilder',
      preview: 'Anomalien',
      run: 'Training',
      evidence: 'Belege',
      save: 'Speichern',
    },
    cancel: 'Verlassen',
    back: 'Zurück',
    next: 'Weiter',

    scopeTitle: 'Wofür ist diese Kalibrierung?',
    scopeText:
      'Für eine Art von Bildern: eine Modalität, eine Körperregion, eine Ansicht. Je enger, desto besser kennt das Werkzeug, was dort normal ist.',
    kind: 'Art der Bilder',
    asTheImages: 'Wie die Bilder es sagen',
    asTheImagesText:
      'Modalität, Körperregion, Ansicht, Hersteller und Protokoll, soweit alle gewählten Bilder sie teilen.',
    unnamed: 'in den Dateien nicht genannt',
    stored: (images, patients) =>
      `${count(images, 'Bild', 'Bilder')} von ${count(patients, 'Patient', 'Patienten')} auf dieser Workstation`,
    scannerOnly: (scanner) => `Nur für Bilder von ${scanner}`,
    model: 'Modell',
    preset: 'Voreinstellung',
    presets: {
      default: {
        label: 'Standard',
        text: 'Ein kurzes Training und ein Gedächtnis der Normalbilder, das mit urteilt. Hier die besten Ergebnisse und am schnellsten.',
      },
      fast: {
        label: 'Nur die Karte',
        text: 'So lange trainiert wie veröffentlicht, auf Anomalien, die einmal erzeugt werden.',
      },
      parity: {
        label: 'Wie veröffentlicht',
        text: 'Das veröffentlichte Verfahren Schritt für Schritt. Dauert am längsten.',
      },
    },
    howMany: 'Wie viele Normalbilder?',
    howManyTrain: '16 werden trainiert. Sie reichen zum Lernen, mehr bringen wenig.',
    howManyHold: (share, needed) =>
      `${needed} weitere, von anderen Patienten, bleiben zurück. An ihnen zeigt sich, wie hoch ein Normalbild bewertet wird: Mit weniger als ${needed} kann niemand zusagen, dass höchstens ${formatShare(share)} der Normalbilder markiert werden.`,
    noModel: 'Es gibt kein Modell. Importieren Sie eines im Bereich Modelle.',

    saved: 'Einen gespeicherten Satz verwenden',
    chooseBelow: 'Bilder unten wählen',
    asNewVersion: 'Ändern: als nächste Version',
    useAsSaved: (version) => `Version ${version} trotzdem verwenden`,
    importFolder: 'Ordner importieren',
    importSet: 'Satz importieren',
    exportSet: 'Ohne Identitäten exportieren',
    fromPacs: 'Aus dem PACS',
    version: (version) => `Version ${version}`,
    chosen: (images, studies) => `${count(images, 'Bild', 'Bilder')} aus ${count(studies, 'Studie', 'Studien')}`,
    check: 'Bilder prüfen',
    checking: 'Bilder werden geprüft',
    checked: 'Nichts spricht gegen diese Bilder.',
    remarked: (images) => `${count(images, 'Bild', 'Bilder')} zum Ansehen`,
    imagesThat: (images) => `${count(images, 'Bild', 'Bilder')}:`,
    takeOut: 'Herausnehmen',
    takeOutAll: 'Alle diese herausnehmen',
    nameOfSet: 'Name des Referenzsatzes',
    nameOfSetHint: 'Name, z. B. Kopf-CT normal, Frühjahr',
    confirm: 'Ich bestätige, dass diese Bilder normal sind',
    saveSet: 'Speichern und weiter',
    tooFew: (fewest) => `Wählen Sie mindestens ${fewest} Bilder; besser 32 oder mehr.`,
    tooMany: (most) =>
      `Ein Satz fasst höchstens ${count(most, 'Bild', 'Bilder')}. Wenige je Patient genügen: Nehmen Sie einige heraus.`,
    checkFirst: 'Prüfen Sie zuerst die Bilder.',
    giveName: 'Geben Sie dem Satz einen Namen.',
    confirmFirst: 'Bestätigen Sie, dass die Bilder normal sind.',

    previewTitle: 'Was das Training zu finden lernt',
    previewText:
      'Es braucht kein auffälliges Bild: Das Training verändert Ihre Normalbilder auf diese Arten und lernt, wo. Der Umriss zeigt die Stelle.',
    again: 'Andere ziehen',
    share: 'Anteil',
    reset: 'Wie veröffentlicht',
    tasks: {
      'cut-paste': {
        label: 'Versetztes Stück',
        text: 'Ein Stück eines anderen Normalbilds am falschen Ort: Raumforderungen, Fremdkörper.',
      },
      'gauss-intensity': {
        label: 'Gefleckte Änderung',
        text: 'Ein fleckiger, hellerer oder dunklerer Bereich: Blutung, Infiltrat.',
      },
      'smooth-intensity': {
        label: 'Weiche Änderung',
        text: 'Ein Bereich, der zur Mitte hin heller oder dunkler wird: Ödem, Erguss.',
      },
      source: { label: 'Auseinandergedrängt', text: 'Gewebe, von einem Punkt weggedrängt: Schwellung, Masseneffekt.' },
      sink: { label: 'Zusammengezogen', text: 'Gewebe, zu einem Punkt gezogen: Schrumpfung, Narben.' },
      identity: {
        label: 'Unverändert',
        text: 'Das Normalbild, wie es ist, damit das Training auch normale Bilder sieht.',
      },
    },
    noAnomaly: 'Geben Sie mindestens einer Art von Anomalie einen Anteil.',
    advanced: 'Prompts, für Kenner der Methode',
    advancedText:
      'Die Wendungen, die das Training an Ihre Bilder anpasst, und wie sie gebaut sind. Unverändert sind sie wie veröffentlicht.',
    normalPhrases: 'Wendungen für normal, eine je Zeile (englisch)',
    abnormalPhrases: 'Wendungen für auffällig, eine je Zeile (englisch)',
    position: 'Platz der Wendung',
    positions: { end: 'nach ihrem Kontext', middle: 'mitten im Kontext', front: 'vor ihrem Kontext' },
    shared: 'Ein Kontext für alle Wendungen einer Klasse',

    settingsTitle: 'Trainieren',
    name: 'Name der Kalibrierung',
    shots: 'Bilder zum Trainieren',
    heldOut: 'Bleiben für die Schwelle',
    heldOutText: (patients) =>
      `von ${count(patients, 'anderen Patienten', 'anderen Patienten')}, die das Training nie sieht`,
    tolerated: 'Anteil der Normalbilder, die markiert werden dürfen, in Prozent',
    setAside: (images) =>
      `; ${count(images, 'weiteres Bild', 'weitere Bilder')} von Trainingspatienten oder jenseits von 400 bleiben beiseite`,
    cannotPromise: (patients, smallest, share, needed) =>
      `${count(patients, 'zurückgehaltener Patient', 'zurückgehaltene Patienten')} können nichts unter ${formatShare(smallest)} zusagen: Ein neuer Patient hat ebenso leicht den höchsten Wert wie jeder von ihnen, also wird einer von ${patients + 1} markiert, selbst wenn die Schwelle über allen liegt. Für ${formatShare(share)} halten Sie ${needed} Patienten zurück, oder dulden Sie einen größeren Anteil.`,
    provider: 'Gerechnet auf',
    providers: {
      auto: 'Automatisch',
      cpu: 'Prozessor (CPU)',
      webgpu: 'Grafik (WebGPU)',
      cuda: 'NVIDIA (CUDA)',
      dml: 'DirectML',
      coreml: 'Core ML',
    },
    seed: 'Startzahl, um den Lauf genau zu wiederholen',
    start: 'Training starten',
    wrongName: 'Geben Sie der Kalibrierung einen Namen.',
    wrongHeldOut: (most) => `Halten Sie mindestens ein Bild zurück: trainieren Sie auf höchstens ${most}.`,
    wrongMostShots: (most) => `Trainieren Sie auf höchstens ${most} Bildern: 16 reichen zum Lernen.`,
    confirmedBy: (by, at) => `bestätigt von ${by}, ${at}`,
    andMore: (more) => `und ${more} weitere`,

    saveTitle: 'Kalibrierung speichern',
    inUse: 'Für neue Studien dieser Art verwenden',
    inUseText: 'Je Art ist eine Kalibrierung aktiv; die jetzt aktive tritt zurück und kann wieder eingesetzt werden.',
    save: 'Speichern',
    saveText:
      'Das Profil enthält Gewichte, Schwelle und Belege. Sein Datenblatt bleibt lesbar, und nichts darin gehört einem Patienten.',
  },
);
