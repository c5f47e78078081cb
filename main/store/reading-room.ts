/** Hanging protocols and report templates of this workstation. */
import type { HangingProtocol, ReportTemplate } from '../../preload/contract/reading-room.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

interface RawProtocol {
  readonly id: string;
  readonly name: string;
  readonly modality: string;
  readonly bodyPart: string;
  readonly rows: number;
  readonly columns: number;
  readonly multiplanar: number;
  readonly priorBeside: number;
  readonly synchronised: number;
  readonly center: number | null;
  readonly width: number | null;
}

/** By modality, then body part; those for any last. */
export function listProtocols(db: ReadableDatabase): readonly HangingProtocol[] {
  return db
    .all<RawProtocol>(
      `SELECT id, name, modality, body_part AS bodyPart, rows, columns, multiplanar, prior_beside AS priorBeside,
         synchronised, window_center AS center, window_width AS width
       FROM hanging_protocols ORDER BY modality = '', modality, body_part = '', body_part`,
    )
    .map(({ center, width, multiplanar, priorBeside, synchronised, ...rest }) => ({
      ...rest,
      multiplanar: multiplanar === 1,
      priorBeside: priorBeside === 1,
      synchronised: synchronised === 1,
      window: center === null || width === null ? null : { center, width },
    }));
}

/** Adds a protocol, or replaces the one with its id or of the same modality and body part. */
export function saveProtocol(db: WritableDatabase, protocol: HangingProtocol): void {
  const { id, name, modality, bodyPart, rows, columns, window } = protocol;
  const flag = (value: boolean) => (value ? 1 : 0);
  db.run(
    'INSERT OR REPLACE INTO hanging_protocols VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    id,
    name,
    modality,
    bodyPart,
    rows,
    columns,
    flag(protocol.multiplanar),
    flag(protocol.priorBeside),
    flag(protocol.synchronised),
    window?.center ?? null,
    window?.width ?? null,
  );
}

export function deleteProtocol(db: WritableDatabase, id: string): void {
  db.run('DELETE FROM hanging_protocols WHERE id = ?', id);
}

/** By name. */
export function listTemplates(db: ReadableDatabase): readonly ReportTemplate[] {
  return db.all<ReportTemplate>(
    `SELECT id, name, modality, body_part AS bodyPart, technique, findings, impression FROM report_templates
     ORDER BY name COLLATE NOCASE`,
  );
}

/** Adds a template, or replaces the one with its id or name. */
export function saveTemplate(db: WritableDatabase, template: ReportTemplate): void {
  const { id, name, modality, bodyPart, technique, findings, impression } = template;
  db.run(
    'INSERT OR REPLACE INTO report_templates VALUES (?, ?, ?, ?, ?, ?, ?)',
    id,
    name,
    modality,
    bodyPart,
    technique,
    findings,
    impression,
  );
}

export function deleteTemplate(db: WritableDatabase, id: string): void {
  db.run('DELETE FROM report_templates WHERE id = ?', id);
}
