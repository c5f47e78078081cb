import { messages } from './language/language.svelte.ts';

/** Words of the window's frame. */
export const text = messages(
  {
    screens: 'Main',
    worklist: 'Worklist',
    calibration: 'Calibration',
    models: 'Models',
    notForDiagnosticUse: 'Not for diagnostic use',
    dataStayHere: 'All data stay on this computer',
    dropToImport: 'Drop to import',
    about: 'About this workstation',
    purpose: 'Few-shot anomaly detection for research and teaching. Not a medical device, not for diagnostic use.',
    user: 'User',
    dataFolder: 'Data folder',
    runtime: 'Runtime',
    openDataFolder: 'Open the data folder',
    close: 'Close',
  },
  {
    screens: 'Hauptbereiche',
    worklist: 'Arbeitsliste',
    calibration: 'Kalibrierung',
    models: 'Modelle',
    notForDiagnosticUse: 'Nicht für die Diagnostik',
    dataStayHere: 'Alle Daten bleiben auf diesem Rechner',
    dropToImport: 'Zum Importieren loslassen',
    about: 'Über diese Workstation',
    purpose:
      'Anomalieerkennung aus wenigen Normalbildern für Forschung und Lehre. Kein Medizinprodukt, nicht für die Diagnostik.',
    user: 'Benutzer',
    dataFolder: 'Datenordner',
    runtime: 'Laufzeit',
    openDataFolder: 'Datenordner öffnen',
    close: 'Schließen',
  },
);
