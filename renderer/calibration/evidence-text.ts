import { count, formatShare } from '../design/format.ts';
import { messages } from '../language/language.svelte.ts';

const percent = (share: number) => formatShare(share);

/** Words of what a calibration is worth. */
export const text = messages(
  {
    title: 'What it is worth on your images',
    none: 'This calibration keeps no evidence.',
    share: 'Share of normal images that may be flagged',
    fixed: 'Studies were analysed with this calibration, so its share stays.',
    threshold: 'Threshold',
    promised: 'Flagged among new normals',
    expected: (share: number) => `${percent(share)} expected`,
    range: (low: number, high: number) => `${percent(low)} to ${percent(high)} in 95 of 100 sites`,
    certain: (share: number) => `With 95% certainty at most ${percent(share)} of new normal images are flagged.`,
    cannot: (normals: number, share: number) =>
      `${count(normals, 'normal')} cannot promise under ${percent(share)}. The threshold lies just above the highest of them.`,
    sources: {
      'held-out': (normals: number) =>
        `From ${count(normals, 'normal image')} that training never saw, of other patients.`,
      'cross-fit': (normals: number) =>
        `From the ${count(normals, 'training image')}, each judged by a model that did not see it. Close, but no exact promise.`,
      support: (normals: number) =>
        `From the ${count(normals, 'training image')} themselves. Too optimistic: hold images out.`,
    },
    found: 'Synthetic anomalies found',
    ofAll: (found: number, total: number) => `${found} of ${total}`,
    interval: (low: number, high: number) => `95%: ${percent(low)} to ${percent(high)}`,
    confirmed: 'Confirmed cases found',
    auroc: 'AUROC on confirmed cases',
    aurocInterval: (low: number, high: number) => `95%: ${low.toFixed(2)} to ${high.toFixed(2)}`,
    noCases:
      'No confirmed abnormal case yet. Confirm images as abnormal in the viewer: they test the next calibration and never train one.',
    histogram: 'Scores',
    normals: 'held-out normals',
    synthetic: 'synthetic anomalies',
    cases: 'confirmed cases',
    roc: 'Found against wrongly flagged',
    rocAxes: 'Across: normals flagged. Up: abnormal found.',
    rocOf: { cases: 'Confirmed cases', synthetic: 'Synthetic anomalies' },
    sensitivity: 'Synthetic anomalies found, by kind and size',
    kind: 'Kind',
    sizes: { small: 'small, under 2%', medium: '2 to 8%', large: 'large, from 8%' },
    worst: 'Worth a look',
    highestNormals: 'Normals that score highest',
    lowestCases: 'Confirmed cases that score lowest',
    next: 'Continue',
    notDiagnostic: 'Measured on few images of one site. Not for diagnostic use.',
  },
  {
    title: 'Was sie auf Ihren Bildern taugt',
    none: 'Diese Kalibrierung hat keine Belege.',
    share: 'Anteil der Normalbilder, der markiert werden darf',
    fixed: 'Mit dieser Kalibrierung wurden Studien analysiert, darum bleibt ihr Anteil.',
    threshold: 'Schwelle',
    promised: 'Markiert unter neuen Normalbildern',
    expected: (share) => `${percent(share)} erwartet`,
    range: (low, high) => `${percent(low)} bis ${percent(high)} an 95 von 100 Orten`,
    certain: (share) => `Mit 95% Sicherheit werden höchstens ${percent(share)} neuer Normalbilder markiert.`,
    cannot: (normals, share) =>
      `${count(normals, 'Normalbild', 'Normalbilder')} können nichts unter ${percent(share)} zusagen. Die Schwelle liegt knapp über dem höchsten.`,
    sources: {
      'held-out': (normals) =>
        `Aus ${count(normals, 'Normalbild', 'Normalbildern')} anderer Patienten, die das Training nie sah.`,
      'cross-fit': (normals) =>
        `Aus den ${count(normals, 'Trainingsbild', 'Trainingsbildern')}, jedes beurteilt von einem Modell, das es nicht sah. Nahe daran, aber keine genaue Zusage.`,
      support: (normals) =>
        `Aus den ${count(normals, 'Trainingsbild', 'Trainingsbildern')} selbst. Zu günstig: Halten Sie Bilder zurück.`,
    },
    found: 'Synthetische Anomalien gefunden',
    ofAll: (found, total) => `${found} von ${total}`,
    interval: (low, high) => `95%: ${percent(low)} bis ${percent(high)}`,
    confirmed: 'Bestätigte Fälle gefunden',
    auroc: 'AUROC auf bestätigten Fällen',
    aurocInterval: (low, high) => `95%: ${low.toFixed(2)} bis ${high.toFixed(2)}`,
    noCases:
      'Noch kein bestätigter auffälliger Fall. Bestätigen Sie Bilder im Betrachter als auffällig: Sie prüfen die nächste Kalibrierung und trainieren nie eine.',
    histogram: 'Werte',
    normals: 'zurückgehaltene Normalbilder',
    synthetic: 'synthetische Anomalien',
    cases: 'bestätigte Fälle',
    roc: 'Gefunden gegen falsch markiert',
    rocAxes: 'Waagrecht: markierte Normalbilder. Senkrecht: gefundene auffällige.',
    rocOf: { cases: 'Bestätigte Fälle', synthetic: 'Synthetische Anomalien' },
    sensitivity: 'Gefundene synthetische Anomalien nach Art und Größe',
    kind: 'Art',
    sizes: { small: 'klein, unter 2%', medium: '2 bis 8%', large: 'groß, ab 8%' },
    worst: 'Einen Blick wert',
    highestNormals: 'Normalbilder mit den höchsten Werten',
    lowestCases: 'Bestätigte Fälle mit den niedrigsten Werten',
    next: 'Weiter',
    notDiagnostic: 'An wenigen Bildern eines Ortes gemessen. Nicht für die Diagnostik.',
  },
);
