import { messages } from '../language/language.svelte.ts';

/** Words of what a reader gives back to the calibrations. */
export const text = messages(
  {
    thisImage: 'For calibration, this image is',
    normal: 'normal',
    normalHint: 'I confirm that it is normal: it goes into the next version of the reference set.',
    abnormal: 'abnormal',
    abnormalHint: 'I confirm that it is abnormal: it tests the next calibrations and never trains one.',
    isAbnormal: 'confirmed as abnormal.',
    isNormal: (set: string) => `one of the normals of “${set}”.`,
    withdraw: 'Take back',
    added: (set: string, version: number) =>
      `Version ${version} of “${set}” holds this image. A new calibration on it takes it into account.`,
  },
  {
    thisImage: 'Für die Kalibrierung ist dieses Bild',
    normal: 'normal',
    normalHint: 'Ich bestätige, dass es normal ist: Es kommt in die nächste Version des Referenzsatzes.',
    abnormal: 'auffällig',
    abnormalHint: 'Ich bestätige, dass es auffällig ist: Es prüft die nächsten Kalibrierungen und trainiert nie eine.',
    isAbnormal: 'als auffällig bestätigt.',
    isNormal: (set) => `eines der Normalbilder von „${set}“.`,
    withdraw: 'Zurücknehmen',
    added: (set, version) =>
      `Version ${version} von „${set}“ enthält dieses Bild. Eine neue Kalibrierung darauf berücksichtigt es.`,
  },
);
