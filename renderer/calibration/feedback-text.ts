import { count } from '../design/format.ts';
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
    leftOut: (set: string, version: number) =>
      `Version ${version} of “${set}” no longer holds this image. Calibrations on earlier versions were made with it; calibrate again.`,
    reallyNormal: 'Is this image normal?',
    acceptedHere: (findings: number) =>
      `${count(findings, 'finding')} in it ${findings === 1 ? 'is' : 'are'} accepted. As a normal, the image would teach the next calibration that this is how normal looks.`,
    keepOut: 'Leave it out',
    normalAllTheSame: 'It is normal all the same',
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
    leftOut: (set, version) =>
      `Version ${version} von „${set}“ enthält dieses Bild nicht mehr. Kalibrierungen auf früheren Versionen entstanden mit ihm; kalibrieren Sie neu.`,
    reallyNormal: 'Ist dieses Bild normal?',
    acceptedHere: (findings) =>
      `${count(findings, 'Fund', 'Funde')} darin ${findings === 1 ? 'ist' : 'sind'} angenommen. Als Normalbild würde es die nächste Kalibrierung lehren, dass Normales so aussieht.`,
    keepOut: 'Draußen lassen',
    normalAllTheSame: 'Es ist trotzdem normal',
  },
);
