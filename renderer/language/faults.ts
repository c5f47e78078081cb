/**
 * The sentences of failures in German. Main speaks English, to the window as to the command line and the log; what a
 * reader meets in the window is put into the window's language here, and what is not listed stays as it is. `{}` stands
 * for what differs from case to case: a name, a number.
 */
import { language } from './language.svelte.ts';

export const germanFaults: Readonly<Record<string, string>> = {
  'Cancelled.': 'Abgebrochen.',
  'The application is closing.': 'Die Anwendung wird geschlossen.',
  'The disk is full. Free some space and try again; nothing stored was lost.':
    'Der Datenträger ist voll. Schaffen Sie Platz und versuchen Sie es noch einmal; nichts Gespeichertes ging verloren.',
  'There is no file or folder at {}.': 'Es gibt keine Datei und keinen Ordner unter {}.',
  'This computer does not give access to {}. Ask for the right to it, or choose another place.':
    'Dieser Rechner gibt {} nicht frei. Lassen Sie sich das Recht geben oder wählen Sie einen anderen Ort.',
  '{} is on a disk that can only be read. Choose another place.':
    '{} liegt auf einem schreibgeschützten Datenträger. Wählen Sie einen anderen Ort.',
  '{} is there already. Choose another name, or remove it.':
    '{} gibt es schon. Wählen Sie einen anderen Namen oder entfernen Sie es.',
  'Another program is using {}. Close that program and try again.':
    'Ein anderes Programm benutzt {}. Schließen Sie es und versuchen Sie es noch einmal.',
  'The disk that holds {} cannot be read or written. Check the disk or the connection to it.':
    'Der Datenträger mit {} lässt sich nicht lesen oder schreiben. Prüfen Sie ihn oder die Verbindung.',
  'The connection to the disk that holds {} was lost. Connect it again.':
    'Die Verbindung zum Datenträger mit {} ging verloren. Verbinden Sie ihn wieder.',

  'This file is empty. Export or send it again.': 'Diese Datei ist leer. Exportieren oder senden Sie sie noch einmal.',
  'The compressed pixels of this image are damaged. Export or send it again.':
    'Die komprimierten Pixel dieses Bildes sind beschädigt. Exportieren oder senden Sie es noch einmal.',
  'The pixels of this image cannot be read. Export or send it again.':
    'Die Pixel dieses Bildes lassen sich nicht lesen. Exportieren oder senden Sie es noch einmal.',
  'This DICOM file is cut off inside its pixels. Export or send it again.':
    'Diese DICOM-Datei bricht in ihren Pixeln ab. Exportieren oder senden Sie sie noch einmal.',
  'This DICOM file is damaged or cut off {}. Export or send it again.':
    'Diese DICOM-Datei ist beschädigt oder abgeschnitten ({}). Exportieren oder senden Sie sie noch einmal.',
  'This file holds fewer pixels than it declares. Export or send it again.':
    'Diese Datei enthält weniger Pixel, als sie angibt. Exportieren oder senden Sie sie noch einmal.',
  'This {} image is damaged or cut off. Export or send it again.':
    'Dieses {}-Bild ist beschädigt oder abgeschnitten. Exportieren oder senden Sie es noch einmal.',
  'This is neither a file nor a folder.': 'Das ist weder eine Datei noch ein Ordner.',
  'This is not a DICOM file, whatever its name says. Choose the image itself.':
    'Das ist keine DICOM-Datei, was immer ihr Name sagt. Wählen Sie das Bild selbst.',
  'This zip archive is damaged. Download or copy it again.':
    'Dieses Zip-Archiv ist beschädigt. Laden oder kopieren Sie es noch einmal.',
  'This DICOM file declares an image but holds no pixels.':
    'Diese DICOM-Datei gibt ein Bild an, enthält aber keine Pixel.',
  'This image refers to a colour palette that it does not hold.':
    'Dieses Bild verweist auf eine Farbpalette, die es nicht enthält.',
  'The transfer syntax {} is not supported. Ask for the image uncompressed or as JPEG 2000.':
    'Die Transfersyntax {} wird nicht unterstützt. Bitten Sie um das Bild unkomprimiert oder als JPEG 2000.',
  'There is no image here that can be read.': 'Hier ist kein Bild, das sich lesen lässt.',
  'Reading this file stood still for {} seconds; it was given up.':
    'Das Lesen dieser Datei stand {} Sekunden still und wurde aufgegeben.',
  'Reading this file took longer than {} seconds; it was given up.':
    'Das Lesen dieser Datei dauerte länger als {} Sekunden und wurde aufgegeben.',
  'A stored file has changed on the disk since it was stored. Restore it from a backup.':
    'Eine gespeicherte Datei hat sich seitdem auf dem Datenträger geändert. Stellen Sie sie aus einer Sicherung wieder her.',
  'A stored file is missing or cannot be read. Restore the data folder from a backup.':
    'Eine gespeicherte Datei fehlt oder lässt sich nicht lesen. Stellen Sie den Datenordner aus einer Sicherung wieder her.',
  'A stored file cannot be decrypted: it was changed on the disk. Restore it from a backup.':
    'Eine gespeicherte Datei lässt sich nicht entschlüsseln: Sie wurde auf dem Datenträger geändert. Stellen Sie sie aus einer Sicherung wieder her.',
  'What was written to the data folder reads back differently. Check the disk, then try again.':
    'Was in den Datenordner geschrieben wurde, liest sich anders zurück. Prüfen Sie den Datenträger und versuchen Sie es noch einmal.',

  'This study is not in the worklist. Import it first.':
    'Diese Studie steht nicht in der Arbeitsliste. Importieren Sie sie zuerst.',
  'This image is not in the store. Import it first.': 'Dieses Bild ist nicht gespeichert. Importieren Sie es zuerst.',
  'This image is not part of the analysis.': 'Dieses Bild gehört nicht zur Analyse.',
  'There is no such analysis.': 'Diese Analyse gibt es nicht.',
  'There is no such calibration.': 'Diese Kalibrierung gibt es nicht.',
  'There is no such finding.': 'Diesen Fund gibt es nicht.',
  'There is no such measurement.': 'Diese Messung gibt es nicht.',
  'There is no such reference set.': 'Diesen Referenzsatz gibt es nicht.',
  'This study has no images to analyse, only localisers.':
    'Diese Studie hat keine Bilder zum Analysieren, nur Übersichtsaufnahmen.',
  'This study has no images.': 'Diese Studie hat keine Bilder.',
  'A job is at work on this study. Wait for its end, or cancel it.':
    'Ein Auftrag arbeitet an dieser Studie. Warten Sie sein Ende ab oder brechen Sie ihn ab.',
  'This study cannot be removed: {}.': 'Diese Studie kann nicht entfernt werden: {}.',
  'The report of this study is signed, so it cannot be analysed again.':
    'Der Befund dieser Studie ist signiert; sie kann nicht noch einmal analysiert werden.',
  'The report of this study is signed, so its findings cannot change.':
    'Der Befund dieser Studie ist signiert; ihre Funde bleiben, wie sie sind.',
  'The report of this study is signed, so its measurements cannot change.':
    'Der Befund dieser Studie ist signiert; ihre Messungen bleiben, wie sie sind.',
  'This report is signed, so it cannot change.': 'Dieser Befund ist signiert und bleibt, wie er ist.',
  'This report is not signed yet: change the report itself.':
    'Dieser Befund ist noch nicht signiert: Ändern Sie ihn selbst.',
  'Only a signed report leaves the workstation. Sign it first.':
    'Nur ein signierter Befund verlässt die Workstation. Signieren Sie ihn zuerst.',
  'Only accepted findings of this report can be taken back.':
    'Nur angenommene Funde dieses Befundes können zurückgenommen werden.',
  'Write what the addendum changes and why.': 'Schreiben Sie, was der Nachtrag ändert und warum.',
  'Findings are taken back with a reason, and a reason needs findings.':
    'Funde werden mit einem Grund zurückgenommen, und ein Grund braucht Funde.',
  'This finding comes from the map. Reject it; then it appears nowhere.':
    'Dieser Fund kommt aus der Karte. Weisen Sie ihn zurück; dann erscheint er nirgends.',
  'The report was not printed ({}). Check the printer, or export a PDF.':
    'Der Befund wurde nicht gedruckt ({}). Prüfen Sie den Drucker oder exportieren Sie ein PDF.',
  'Give a name of at most 64 characters without \\, ^ and =.':
    'Geben Sie einen Namen von höchstens 64 Zeichen ohne \\, ^ und = an.',

  'This calibration is retired. Choose another one or calibrate again.':
    'Diese Kalibrierung ist außer Dienst. Wählen Sie eine andere oder kalibrieren Sie neu.',
  'This calibration is running already.': 'Diese Kalibrierung läuft schon.',
  'There is no such unfinished calibration. Start it anew.':
    'Diese unfertige Kalibrierung gibt es nicht. Beginnen Sie sie neu.',
  'This calibration does not fit its reference set. Calibrate again.':
    'Diese Kalibrierung passt nicht zu ihrem Referenzsatz. Kalibrieren Sie neu.',
  'An image is in this set twice. Pick each image once.':
    'Ein Bild ist zweimal in diesem Satz. Wählen Sie jedes Bild einmal.',
  '{} normal images were asked for, and there are {}. Add some, or ask for fewer.':
    '{} Normalbilder wurden verlangt, und es gibt {}. Fügen Sie welche hinzu oder verlangen Sie weniger.',
  'The calibration "{}" is here already.': 'Die Kalibrierung „{}“ ist schon hier.',
  'This is no calibration that a workstation exported, or it was damaged or changed on the way. Export it again.':
    'Das ist keine exportierte Kalibrierung, oder sie wurde unterwegs beschädigt oder geändert. Exportieren Sie sie noch einmal.',
  'There is no model named "{}". "models list" names those there are.':
    'Es gibt kein Modell namens „{}“. Welche es gibt, steht unter Modelle.',
  'The model "{}" belongs to the application and cannot be removed.':
    'Das Modell „{}“ gehört zur Anwendung und kann nicht entfernt werden.',
  'This result is not here any more. Start it again.': 'Dieses Ergebnis ist nicht mehr hier. Beginnen Sie noch einmal.',
  'There is no such job. It may have ended in an earlier session.':
    'Diesen Auftrag gibt es nicht. Vielleicht endete er in einer früheren Sitzung.',

  'The window is locked. Enter the passphrase first.': 'Das Fenster ist gesperrt. Geben Sie zuerst die Passphrase ein.',
  'This passphrase does not open this data folder. Nothing was changed; try again.':
    'Diese Passphrase öffnet diesen Datenordner nicht. Nichts wurde geändert; versuchen Sie es noch einmal.',
  'Choose a passphrase of at least {} characters.': 'Wählen Sie eine Passphrase von mindestens {} Zeichen.',
  'Your administrator has set the nodes.': 'Ihre Verwaltung hat die Knoten festgelegt.',
  'Your administrator has switched the network off.': 'Ihre Verwaltung hat das Netz abgeschaltet.',
  'Your administrator has set after how long the window locks.':
    'Ihre Verwaltung hat festgelegt, nach welcher Zeit das Fenster sich sperrt.',
  'Your administrator allows calibration with the model "{}" only.':
    'Ihre Verwaltung erlaubt Kalibrierungen nur mit dem Modell „{}“.',
  'There is no node named {}.': 'Es gibt keinen Knoten namens {}.',
  'Objects wait to be sent to {}. Send or remove them first.':
    'Für {} warten noch Objekte. Senden oder entfernen Sie diese zuerst.',
  'This study was made of photographs. Only DICOM files can be sent.':
    'Diese Studie besteht aus Fotografien. Nur DICOM-Dateien können gesendet werden.',
  'Another process is writing to the database. Try again once it has finished.':
    'Ein anderer Prozess schreibt in die Datenbank. Versuchen Sie es noch einmal, sobald er fertig ist.',
};

/** With a hole for what differs. */
interface Pattern {
  readonly english: RegExp;
  readonly german: string;
}

const patterns: readonly Pattern[] = Object.entries(germanFaults)
  .filter(([english]) => english.includes('{}'))
  .map(([english, german]) => ({ english: patternOf(english), german }));

function patternOf(english: string): RegExp {
  const parts = english.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('(.+)')}$`, 's');
}

/** A failure's sentence in the window's language, where it is known. */
export function faultSentence(message: string): string {
  if (language.tag !== 'de') return message;
  const whole = germanFaults[message];
  if (whole !== undefined) return whole;
  for (const { english, german } of patterns) {
    const found = english.exec(message);
    if (!found) continue;
    const parts = found.slice(1);
    return german.replaceAll('{}', () => parts.shift() ?? '');
  }
  return message;
}
