/** A store with very many small studies, for what has to stay quick; their pictures do not exist. */
import { openStore } from '../../main/store/store.ts';

const modalities = ['CT', 'MR', 'DX'] as const;

/** Study number i belongs to patient i modulo `patients`, and its date is some day of 2026. */
export function writeManyStudies(dataDir: string, count: number, patients: number): void {
  const { db } = openStore(dataDir);
  db.transaction(() => {
    for (let patient = 0; patient < patients; patient++)
      db.run(
        `INSERT INTO patients (patient_id, name, birth_date, sex) VALUES (?, ?, '19700101', 'O')`,
        `P-${patient}`,
        `FICTIONAL^Number ${patient}`,
      );
    for (let study = 0; study < count; study++) {
      const day = new Date(Date.UTC(2026, 0, 1 + ((study * 7919) % 365)))
        .toISOString()
        .slice(0, 10)
        .replaceAll('-', '');
      db.run(
        `INSERT INTO studies SELECT ?, patient_key, ?, '101500', 'Fictional phantom', ?, ? FROM patients WHERE patient_id = ?`,
        `1.${study}`,
        day,
        `A${study}`,
        '2026-01-01T00:00:00.000Z',
        `P-${study % patients}`,
      );
      db.run(
        `INSERT INTO series (series_instance_uid, study_instance_uid, series_number, modality, body_part, description,
           manufacturer) VALUES (?, ?, 1, ?, 'HEAD', 'axial', '')`,
        `1.${study}.1`,
        `1.${study}`,
        modalities[study % 3] ?? '',
      );
    }
  });
  db.close();
}
