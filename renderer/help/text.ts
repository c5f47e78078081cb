import { messages } from '../language/language.svelte.ts';
import type { Topic } from './topics.ts';

type Pairs = readonly (readonly [string, string])[];
interface Page {
  readonly title: string;
  readonly points: readonly string[];
  readonly keys: Pairs;
}

const everywhere: Pairs = [
  ['F1', 'Help on this screen'],
  ['?', 'Keys of this screen'],
  ['Tab, Enter', 'Next control, use it'],
  ['Esc', 'Close what is open'],
];
const ueberall: Pairs = [
  ['F1', 'Hilfe zu diesem Bereich'],
  ['?', 'Tasten dieses Bereichs'],
  ['Tab, Enter', 'Nächstes Bedienelement, benutzen'],
  ['Esc', 'Schließen, was offen ist'],
];

/** Help by screen, the tour, and the support bundle. */
export const text = messages(
  {
    help: 'Help',
    keys: 'Keys',
    next: 'Next',
    back: 'Back',
    startTour: 'Take the tour',
    finish: 'Done',
    skip: 'Skip',
    step: (number: number, of: number) => `Step ${number} of ${of}`,
    limits: 'Not for diagnostic use. What is not flagged is not normal for that.',
    pages: {
      worklist: {
        title: 'Worklist',
        points: [
          'Import files and folders, or drop them on the window. What cannot be read is listed with its reason under Jobs.',
          'Every column sorts; the search looks in all of them.',
          'Flagged counts the images whose score is above the threshold of the calibration that was used.',
        ],
        keys: [
          ['↑ ↓', 'Previous or next study'],
          ['Enter', 'Open the study'],
          ['Del', 'Remove the study, as the menu of the right mouse button does'],
          ...everywhere,
        ],
      },
      import: {
        title: 'Import',
        points: [
          'Photographs carry no patient: what you enter here goes with all of those that were chosen together.',
          'Without these details the photographs are left out; everything else is imported.',
          'Originals are copied into the data folder and never changed. What cannot be read is listed with its reason under Jobs.',
        ],
        keys: everywhere,
      },
      calibration: {
        title: 'Calibration',
        points: [
          'One calibration is for one kind of image: one modality, one body part, one way of acquiring.',
          'You state that the chosen images are normal. Checks show what stands out among them, image by image: decide on each, since they know no diseases.',
          'The held-out images alone set the threshold. Fewer of them can promise less, and the screen says how much.',
        ],
        keys: everywhere,
      },
      models: {
        title: 'Models',
        points: [
          'One model comes with the application. Others are imported from a checkpoint or a .mclip pack.',
          'Verify compares every file of a model with its recorded hash.',
        ],
        keys: everywhere,
      },
      network: {
        title: 'PACS',
        points: [
          'Nothing is connected before a node is entered. Test asks a node whether it answers.',
          'A study is imported once it has arrived whole; one that is cut off leaves nothing.',
          'What cannot be sent now waits, also over a restart, and is tried again later each time.',
        ],
        keys: everywhere,
      },
      viewer: {
        title: 'Reading',
        points: [
          'Look at the bare picture first: hold H, or switch the map off with Space.',
          'The map shows where the picture differs from your normals. It knows no diseases.',
          'Accept or reject every finding. Signing the report closes it for good.',
        ],
        keys: everywhere,
      },
      report: {
        title: 'Report',
        points: [
          'The report takes up the accepted findings, your indication and your impression, and what they were found with.',
          'Sign closes the report, its findings and the analyses of the study for good. What comes later is an addendum.',
          'What you write is kept as you type; templates fill only what is empty.',
        ],
        keys: everywhere,
      },
      export: {
        title: 'Export',
        points: [
          'Results go into a folder, onto a medium with a DICOMDIR, or to a PACS that was entered. Only the last leaves this computer.',
          'Results carry the patient’s identity. De-identified copies do not, as far as the rules for headers reach: look at the pictures for what is burnt in.',
          'What an addendum replaces or takes back says so in the files too.',
        ],
        keys: everywhere,
      },
      settings: {
        title: 'About and settings',
        points: [
          'Language, appearance and locking are chosen here, unless your administrator has settled them.',
          'Save a support bundle shows all that it holds before it is saved: no names, no images, no paths.',
          'An encrypted data folder cannot be opened without its passphrase, from a backup neither.',
        ],
        keys: everywhere,
      },
    } as Readonly<Record<Topic, Page>>,
    tour: [
      [
        'What this is',
        'It learns what normal looks like here from a handful of your images, and shows where others differ. It is for research and teaching, not for diagnosis.',
      ],
      [
        'Bring images in',
        'Import files or folders, or open the demo studies. Originals are copied and never changed; nothing leaves this computer.',
      ],
      ['Calibrate', 'Choose normal images of one kind. Some train, the others set the threshold.'],
      [
        'Analyse and read',
        'Each image gets a score and a map. Look at the bare picture first, then decide on every finding.',
      ],
      ['Report', 'Write your impression and sign. Press F1 on any screen for help, and ? for its keys.'],
    ] as Pairs,
    supportTitle: 'Support bundle',
    supportText: 'All that will be saved stands below: no names, no images, no paths. Read it before you hand it on.',
    showLicences: 'Licences',
    licencesTitle: 'Licences of what is inside',
    licencesText: 'The npm packages with their licences. Those of Electron and Chromium lie beside the program.',
    saveSupport: 'Save a support bundle',
    save: 'Save',
    saved: 'The support bundle is saved.',
  },
  {
    help: 'Hilfe',
    keys: 'Tasten',
    next: 'Weiter',
    back: 'Zurück',
    startTour: 'Rundgang beginnen',
    finish: 'Fertig',
    skip: 'Überspringen',
    step: (number, of) => `Schritt ${number} von ${of}`,
    limits: 'Nicht für die Diagnostik. Was nicht markiert ist, ist deshalb nicht schon normal.',
    pages: {
      worklist: {
        title: 'Arbeitsliste',
        points: [
          'Dateien und Ordner importieren oder auf das Fenster ziehen. Was sich nicht lesen lässt, steht mit Grund unter Aufgaben.',
          'Jede Spalte sortiert; die Suche sieht in allen nach.',
          'Markiert zählt die Bilder, deren Score über der Schwelle der verwendeten Kalibrierung liegt.',
        ],
        keys: [
          ['↑ ↓', 'Vorherige oder nächste Studie'],
          ['Enter', 'Studie öffnen'],
          ['Entf', 'Studie entfernen, wie im Menü der rechten Maustaste'],
          ...ueberall,
        ],
      },
      import: {
        title: 'Import',
        points: [
          'Fotos nennen keinen Patienten: Was Sie hier eintragen, gilt für alle, die zusammen gewählt wurden.',
          'Ohne diese Angaben bleiben die Fotos weg; alles Übrige wird importiert.',
          'Originale werden in den Datenordner kopiert und nie verändert. Was sich nicht lesen lässt, steht mit Grund unter Aufgaben.',
        ],
        keys: ueberall,
      },
      calibration: {
        title: 'Kalibrierung',
        points: [
          'Eine Kalibrierung gilt für eine Art von Bildern: eine Modalität, eine Körperregion, ein Aufnahmeverfahren.',
          'Dass die gewählten Bilder normal sind, erklären Sie. Prüfungen zeigen Bild für Bild, was auffällt: entscheiden Sie über jedes, denn Krankheiten kennen sie nicht.',
          'Allein die zurückgehaltenen Bilder setzen die Schwelle. Weniger davon können weniger zusagen.',
        ],
        keys: ueberall,
      },
      models: {
        title: 'Modelle',
        points: [
          'Ein Modell bringt die Anwendung mit. Weitere werden aus einem Checkpoint oder einem .mclip-Paket importiert.',
          'Prüfen vergleicht jede Datei eines Modells mit ihrer festgehaltenen Prüfsumme.',
        ],
        keys: ueberall,
      },
      network: {
        title: 'PACS',
        points: [
          'Ohne eingetragenen Knoten wird nichts verbunden. Prüfen fragt einen Knoten, ob er antwortet.',
          'Eine Studie wird importiert, sobald sie ganz angekommen ist; eine abgebrochene hinterlässt nichts.',
          'Was jetzt nicht gesendet werden kann, wartet, auch über einen Neustart, und wird immer später erneut versucht.',
        ],
        keys: ueberall,
      },
      viewer: {
        title: 'Befunden',
        points: [
          'Zuerst das bloße Bild ansehen: H halten, oder die Karte mit der Leertaste ausschalten.',
          'Die Karte zeigt, wo das Bild von Ihren Normalbildern abweicht. Krankheiten kennt sie nicht.',
          'Jeden Fund annehmen oder zurückweisen. Das Signieren schließt den Befund endgültig.',
        ],
        keys: ueberall,
      },
      report: {
        title: 'Befund',
        points: [
          'Der Befund übernimmt die angenommenen Funde, Ihre Fragestellung und Beurteilung, und womit sie gefunden wurden.',
          'Das Signieren schließt den Befund, seine Funde und die Analysen der Studie endgültig. Späteres ist ein Nachtrag.',
          'Was Sie schreiben, wird beim Tippen gespeichert; Vorlagen füllen nur, was leer ist.',
        ],
        keys: ueberall,
      },
      export: {
        title: 'Export',
        points: [
          'Ergebnisse gehen in einen Ordner, auf ein Medium mit DICOMDIR oder an ein eingetragenes PACS. Nur Letzteres verlässt diesen Rechner.',
          'Ergebnisse tragen die Identität des Patienten. Kopien ohne Identität tragen sie nicht, soweit die Regeln für Kopfdaten reichen: Sehen Sie nach, was in die Bilder eingebrannt ist.',
          'Was ein Nachtrag ersetzt oder zurücknimmt, steht auch in den Dateien.',
        ],
        keys: ueberall,
      },
      settings: {
        title: 'Über und Einstellungen',
        points: [
          'Sprache, Erscheinungsbild und Sperre werden hier gewählt, soweit die Administration sie nicht festgelegt hat.',
          'Support-Paket speichern zeigt alles, was darin steht, bevor es gespeichert wird: keine Namen, keine Bilder, keine Pfade.',
          'Ein verschlüsselter Datenordner lässt sich ohne seine Passphrase nicht öffnen, auch nicht aus einer Sicherung.',
        ],
        keys: ueberall,
      },
    },
    tour: [
      [
        'Worum es geht',
        'Die Workstation lernt aus wenigen Ihrer Bilder, wie Normales hier aussieht, und zeigt, wo andere Bilder abweichen. Für Forschung und Lehre, nicht für die Diagnostik.',
      ],
      [
        'Bilder hereinholen',
        'Dateien oder Ordner importieren, oder die Demo-Studien öffnen. Originale werden kopiert und nie verändert; nichts verlässt diesen Rechner.',
      ],
      ['Kalibrieren', 'Normalbilder einer Art auswählen. Einige trainieren, die anderen setzen die Schwelle.'],
      [
        'Analysieren und befunden',
        'Jedes Bild bekommt einen Score und eine Karte. Zuerst das bloße Bild ansehen, dann über jeden Fund entscheiden.',
      ],
      ['Befund', 'Beurteilung schreiben und signieren. F1 gibt in jedem Bereich Hilfe, ? zeigt seine Tasten.'],
    ],
    supportTitle: 'Support-Paket',
    supportText:
      'Alles, was gespeichert wird, steht hier: keine Namen, keine Bilder, keine Pfade. Vor der Weitergabe lesen.',
    showLicences: 'Lizenzen',
    licencesTitle: 'Lizenzen der Bestandteile',
    licencesText: 'Die npm-Pakete mit ihren Lizenzen. Die von Electron und Chromium liegen neben dem Programm.',
    saveSupport: 'Support-Paket speichern',
    save: 'Speichern',
    saved: 'Das Support-Paket ist gespeichert.',
  },
);
