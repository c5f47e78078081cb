import { messages } from '../language/language.svelte.ts';

/** Words of the way of calibrations and reference sets from one workstation to another. */
export const text = messages(
  {
    export: 'Export',
    import: 'Import',
    importCalibration: 'Import a calibration',
    exportTitle: (name: string) => `Export “${name}”`,
    exportText:
      'One signed file for another workstation of this site. It holds the weights, the threshold and the scores of its evidence, and no image.',
    ownKey: 'Key of this workstation',
    ownKeyText: 'Whoever imports from here for the first time compares this key with the one in the file.',
    chooseWhere: 'Choose where to',
    importTitle: (name: string) => `Take over “${name}”?`,
    importText:
      'It is stored here once this workstation gives the pictures of its self-test the same scores. It becomes active when you activate it.',
    madeFor: 'Made for',
    model: 'Model',
    made: 'Made',
    madeBy: (at: string, by: string, version: string) => `${at} by ${by}, version ${version}`,
    signed: 'Signed with the key',
    known: 'Someone here has agreed to this key before.',
    compare: 'The other workstation shows the same key when it exports a calibration. I compared both.',
  },
  {
    export: 'Exportieren',
    import: 'Importieren',
    importCalibration: 'Kalibrierung importieren',
    exportTitle: (name) => `„${name}“ exportieren`,
    exportText:
      'Eine signierte Datei für eine andere Workstation dieses Standorts. Sie enthält die Gewichte, die Schwelle und die Werte der Belege, und kein Bild.',
    ownKey: 'Schlüssel dieser Workstation',
    ownKeyText: 'Wer zum ersten Mal von hier importiert, vergleicht diesen Schlüssel mit dem in der Datei.',
    chooseWhere: 'Ort wählen',
    importTitle: (name) => `„${name}“ übernehmen?`,
    importText:
      'Sie wird hier gespeichert, sobald diese Workstation den Bildern ihres Selbsttests dieselben Werte gibt. Aktiv wird sie, wenn Sie sie aktivieren.',
    madeFor: 'Gemacht für',
    model: 'Modell',
    made: 'Gemacht',
    madeBy: (at, by, version) => `${at} von ${by}, Version ${version}`,
    signed: 'Signiert mit dem Schlüssel',
    known: 'Diesem Schlüssel hat hier schon jemand zugestimmt.',
    compare:
      'Die andere Workstation zeigt denselben Schlüssel, wenn sie eine Kalibrierung exportiert. Ich habe beide verglichen.',
  },
);
