import { count, formatFixed, formatShare } from '../design/format.ts';
import { messages } from '../language/language.svelte.ts';

const imagesOf = (images: number, patients: number) =>
  `${count(images, 'normal image')} of ${count(patients, 'patient')}`;
const bilderVon = (images: number, patients: number) =>
  `${count(images, 'Normalbild', 'Normalbildern')} von ${count(patients, 'Patient', 'Patienten')}`;
const percent = (share: number) => formatShare(share);

/** Words of what a calibration is worth. */
export const text = messages(
  {
    title: 'What it is worth on your images',
    none: 'This calibration keeps no evidence.',
    share: 'Share of normal images that may be flagged',
    fix: 'Fix this share and see the confirmed cases',
    fixFirst:
      'Confirmed cases are shown once the share is fixed, so that they cannot choose it. You fix it once for this calibration.',
    isFixed: (share: number) => `fixed at ${percent(share)}, before the confirmed cases were shown`,
    fixed: 'Studies were analysed with this calibration, so its share stays.',
    threshold: 'Threshold',
    promised: 'Flagged among new normals',
    expected: (share: number) => `${percent(share)} expected`,
    range: (low: number, high: number) => `${percent(low)} to ${percent(high)} in 95 of 100 sites`,
    certain: (share: number) => `With 95% certainty at most ${percent(share)} of new normal images are flagged.`,
    cannot: (patients: number, share: number, wanted: number, needed: number) =>
      `${count(patients, 'patient')} cannot promise under ${percent(share)}. The threshold lies just above the highest of their images already, and a new patient is as likely as each of them to be the highest of all ${patients + 1}. For ${percent(wanted)} it takes normals of ${needed} held-out patients.`,
    sources: {
      'held-out': (normals: number, patients: number) => `From ${imagesOf(normals, patients)} whom training never saw.`,
      'cross-fit': (normals: number, patients: number) =>
        `From the training images themselves, ${imagesOf(normals, patients)}, each judged by a model that did not see it. Close, but no exact promise.`,
      support: (normals: number, patients: number) =>
        `From the training images themselves, ${imagesOf(normals, patients)}. Too optimistic: hold images out.`,
    },
    asThese:
      'All of this holds for new images that are like these. Normals that were added because they had been flagged are no fair sample: they raise the threshold.',
    found: 'Synthetic anomalies found',
    ofAll: (found: number, total: number) => `${found} of ${total}`,
    interval: (low: number, high: number) => `95%: ${percent(low)} to ${percent(high)}`,
    confirmed: 'Confirmed cases found',
    auroc: 'AUROC on confirmed cases',
    aurocInterval: (low: number, high: number) => `95%: ${formatFixed(low, 2)} to ${formatFixed(high, 2)}`,
    nullBaseline: 'AUROC at random weights',
    nullBaselineText:
      'AUROC at random weights: the same architecture, untrained, on the same images. An AUROC says something about the model only by its distance from this one, and without it is no evidence. Measuring takes as long as the calibration did.',
    measure: 'Measure',
    notMeasured: 'not measured',
    measureThere: 'Measure it on the workstation where it was made, and export it again.',
    noConfirmed: 'no confirmed cases',
    measuring: 'Null baseline',
    before: 'Before',
    after: 'After',
    same: (before: string) => `Against “${before}”, on the same images`,
    sameText: (normals: number) =>
      `${count(normals, 'normal')} that both calibrations held out, of patients whom neither was trained on; synthetic anomalies in them; and the cases that are confirmed now.`,
    nothingSame:
      'No normal image was held out by both calibrations, so there is nothing that would be fair to compare them on.',
    compare: 'Compare on the same images',
    comparing: 'Scoring the same images with both',
    flaggedNormals: 'Normals flagged',
    changed: 'Images that are judged otherwise now',
    nowFlagged: 'flagged now',
    noLonger: 'no longer',
    cancel: 'Cancel',
    noCases:
      'No confirmed abnormal case yet. Confirm images as abnormal in the viewer: they test the next calibration and never train one.',
    casesLeftOut: (cases: number) =>
      `${count(cases, 'confirmed case')} of patients in the reference set ${cases === 1 ? 'is' : 'are'} left out: they would flatter.`,
    elsewhere: 'Its images are on the workstation where it was made; here are their scores.',
    histogram: 'Scores',
    normals: 'held-out normals',
    synthetic: 'synthetic anomalies',
    cases: 'confirmed cases',
    roc: 'Found against wrongly flagged',
    rocAxes: 'Across: normals flagged. Up: abnormal found.',
    rocOf: { cases: 'Confirmed cases', synthetic: 'Synthetic anomalies' },
    sensitivity:
      'Synthetic anomalies found, by kind and share of the image, with 95% intervals; – where none came out so',
    cellInterval: (low: number, high: number) => `${percent(low)}–${percent(high)}`,
    unchanged: 'Unchanged',
    unchangedText: 'flagged, of normals that went the same way with nothing made in them: a control',
    kind: 'Kind',
    sizes: { small: 'small, under 2%', medium: '2 to 8%', large: 'large, from 8%' },
    worst: 'Worth a look',
    highestNormals: 'Normals that score highest',
    lowestCases: 'Confirmed cases that score lowest',
    next: 'Continue',
    notDiagnostic: 'Measured on few images of one site. Not for diagnostic use.',
  },
  {
    title: 'Was sie auf Ihren Bildern leistet',
    none: 'Diese Kalibrierung hat keine Belege.',
    share: 'Anteil der Normalbilder, der markiert werden darf',
    fix: 'Anteil festlegen und bestätigte Fälle sehen',
    fixFirst:
      'Bestätigte Fälle erscheinen, sobald der Anteil festgelegt ist, damit sie ihn nicht wählen. Er wird für diese Kalibrierung einmal festgelegt.',
    isFixed: (share) => `festgelegt auf ${percent(share)}, bevor die bestätigten Fälle gezeigt wurden`,
    fixed: 'Mit dieser Kalibrierung wurden Studien analysiert, darum bleibt ihr Anteil.',
    threshold: 'Schwelle',
    promised: 'Markiert unter neuen Normalbildern',
    expected: (share) => `${percent(share)} erwartet`,
    range: (low, high) => `${percent(low)} bis ${percent(high)} an 95 von 100 Standorten`,
    certain: (share) => `Mit 95 % Sicherheit werden höchstens ${percent(share)} neuer Normalbilder markiert.`,
    cannot: (patients, share, wanted, needed) =>
      `${count(patients, 'Patient', 'Patienten')} können nichts unter ${percent(share)} zusagen. Die Schwelle liegt schon knapp über dem höchsten ihrer Bilder, und ein neuer Patient ist ebenso leicht der höchste aller ${patients + 1} wie jeder von ihnen. Für ${percent(wanted)} braucht es Normalbilder von ${needed} zurückgehaltenen Patienten.`,
    sources: {
      'held-out': (normals, patients) => `Aus ${bilderVon(normals, patients)}, die das Training nie sah.`,
      'cross-fit': (normals, patients) =>
        `Aus den Trainingsbildern selbst, ${bilderVon(normals, patients)}, jedes beurteilt von einem Modell, das es nicht sah. Nahe daran, aber keine genaue Zusage.`,
      support: (normals, patients) =>
        `Aus den Trainingsbildern selbst, ${bilderVon(normals, patients)}. Zu günstig: Halten Sie Bilder zurück.`,
    },
    asThese:
      'All das gilt für neue Bilder, die wie diese sind. Normalbilder, die hinzukamen, weil sie markiert waren, sind keine faire Stichprobe: Sie heben die Schwelle.',
    found: 'Synthetische Anomalien gefunden',
    ofAll: (found, total) => `${found} von ${total}`,
    interval: (low, high) => `95 %: ${percent(low)} bis ${percent(high)}`,
    confirmed: 'Bestätigte Fälle gefunden',
    auroc: 'AUROC auf bestätigten Fällen',
    aurocInterval: (low, high) => `95 %: ${formatFixed(low, 2)} bis ${formatFixed(high, 2)}`,
    nullBaseline: 'AUROC mit zufälligen Gewichten',
    nullBaselineText:
      'AUROC mit zufälligen Gewichten: dieselbe Architektur, untrainiert, auf denselben Bildern. Eine AUROC sagt nur durch ihren Abstand von dieser etwas über das Modell, und ohne sie ist sie kein Beleg. Das Messen dauert so lange wie die Kalibrierung.',
    measure: 'Messen',
    notMeasured: 'nicht gemessen',
    measureThere: 'Messen Sie auf der Workstation, auf der sie entstand, und exportieren Sie sie neu.',
    noConfirmed: 'keine bestätigten Fälle',
    measuring: 'Nullvergleich',
    before: 'Vorher',
    after: 'Nachher',
    same: (before) => `Gegen „${before}“, auf denselben Bildern`,
    sameText: (normals) =>
      `${count(normals, 'Normalbild', 'Normalbilder')}, die beide Kalibrierungen zurückhielten, von Patienten, auf denen keine trainiert wurde; synthetische Anomalien darin; und die jetzt bestätigten Fälle.`,
    nothingSame:
      'Kein Normalbild wurde von beiden Kalibrierungen zurückgehalten; also gibt es nichts, worauf ein Vergleich gerecht wäre.',
    compare: 'Auf denselben Bildern vergleichen',
    comparing: 'Beide bewerten dieselben Bilder',
    flaggedNormals: 'Normalbilder markiert',
    changed: 'Bilder, die jetzt anders beurteilt werden',
    nowFlagged: 'jetzt markiert',
    noLonger: 'nicht mehr',
    cancel: 'Abbrechen',
    noCases:
      'Noch kein bestätigter auffälliger Fall. Bestätigen Sie Bilder beim Befunden als auffällig: Sie prüfen die nächste Kalibrierung und trainieren nie eine.',
    casesLeftOut: (cases) =>
      `${count(cases, 'bestätigter Fall', 'bestätigte Fälle')} von Patienten des Referenzsatzes ${cases === 1 ? 'bleibt' : 'bleiben'} beiseite: Sie würden schmeicheln.`,
    elsewhere: 'Ihre Bilder liegen auf der Workstation, auf der sie entstand; hier stehen deren Werte.',
    histogram: 'Werte',
    normals: 'zurückgehaltene Normalbilder',
    synthetic: 'synthetische Anomalien',
    cases: 'bestätigte Fälle',
    roc: 'Gefunden gegen falsch markiert',
    rocAxes: 'Waagrecht: markierte Normalbilder. Senkrecht: gefundene auffällige.',
    rocOf: { cases: 'Bestätigte Fälle', synthetic: 'Synthetische Anomalien' },
    sensitivity:
      'Gefundene synthetische Anomalien nach Art und Anteil am Bild, mit 95-%-Intervallen; – wo keine so entstand',
    cellInterval: (low, high) => `${percent(low)}–${percent(high)}`,
    unchanged: 'Unverändert',
    unchangedText:
      'markiert, von Normalbildern, die denselben Weg gingen, ohne dass etwas darin erzeugt wurde: eine Kontrolle',
    kind: 'Art',
    sizes: { small: 'klein, unter 2 %', medium: '2 bis 8 %', large: 'groß, ab 8 %' },
    worst: 'Einen Blick wert',
    highestNormals: 'Normalbilder mit den höchsten Werten',
    lowestCases: 'Bestätigte Fälle mit den niedrigsten Werten',
    next: 'Weiter',
    notDiagnostic: 'An wenigen Bildern eines Standorts gemessen. Nicht für die Diagnostik.',
  },
);
