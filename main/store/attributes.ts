/** What an image is of: the attributes that a calibration's scope is made of, and whose it is. */
import type { FrameRef, Scope, StoredKind } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase } from './database.ts';

export interface FrameAttributes extends Scope {
  readonly studyInstanceUid: string;
  /** Images with the same owner are of one patient. Photographs that nobody named a patient for are each their own. */
  readonly owner: string;
  /** '' for a photograph that nobody named a patient for. */
  readonly patientId: string;
  /** A picture from a file that holds nothing about a patient. */
  readonly isPhotograph: boolean;
}

interface RawAttributes extends Omit<FrameAttributes, 'view' | 'owner' | 'isPhotograph'> {
  readonly seriesView: string;
  readonly orientation: string | null;
  readonly patientKey: number;
  readonly transferSyntax: string;
}

const ATTRIBUTES = `
  SELECT sop_instance_uid AS sopInstanceUid, modality, body_part AS bodyPart, series.view AS seriesView, orientation,
    manufacturer AS scanner, protocol, study_instance_uid AS studyInstanceUid, patient_key AS patientKey,
    patient_id AS patientId, transfer_syntax AS transferSyntax
  FROM frames JOIN instances USING (sop_instance_uid) JOIN series USING (series_instance_uid)
    JOIN studies USING (study_instance_uid) JOIN patients USING (patient_key)`;

/** @throws Fault `not-found` */
export function getAttributes(db: ReadableDatabase, ref: FrameRef): FrameAttributes {
  const raw = db.get<RawAttributes & { sopInstanceUid: string }>(
    `${ATTRIBUTES} WHERE sop_instance_uid = ? AND frame = ?`,
    ref.sopInstanceUid,
    ref.frame,
  );
  if (!raw) throw new Fault('not-found', 'This image is not in the store. Import it first.');
  const { sopInstanceUid, seriesView, orientation, patientKey, patientId, transferSyntax, ...attributes } = raw;
  const nobodys = isNobodys(transferSyntax, patientId);
  return {
    ...attributes,
    view: storedView(seriesView, orientation),
    owner: nobodys ? `photo ${sopInstanceUid}` : `patient ${patientKey}`,
    patientId: nobodys ? '' : patientId,
    isPhotograph: transferSyntax === '',
  };
}

/** A photograph under the ID that an import made up for its folder (imaging/header.ts). */
const isNobodys = (transferSyntax: string, patientId: string) =>
  transferSyntax === '' && patientId.startsWith('PHOTO-');

/** The kinds of images in the store, the most frequent first. Localisers do not count. */
export function listKinds(db: ReadableDatabase): readonly StoredKind[] {
  const rows = db.all<
    Omit<Scope, 'protocol'> & { seriesView: string; orientation: string | null; images: number; owners: string }
  >(
    `SELECT modality, body_part AS bodyPart, series.view AS seriesView, orientation, manufacturer AS scanner,
       count(*) AS images,
       json_group_array(DISTINCT CASE WHEN transfer_syntax = '' AND patient_id LIKE 'PHOTO-%' THEN sop_instance_uid
         ELSE patient_key END) AS owners
     FROM frames JOIN instances USING (sop_instance_uid) JOIN series USING (series_instance_uid)
       JOIN studies USING (study_instance_uid) JOIN patients USING (patient_key)
     WHERE localizer = 0 GROUP BY modality, body_part, series.view, orientation, manufacturer`,
  );
  const kinds = new Map<string, Omit<StoredKind, 'patients'> & { owners: Set<unknown> }>();
  for (const { seriesView, orientation, images, owners, modality, bodyPart, scanner } of rows) {
    const about = { modality, bodyPart, view: storedView(seriesView, orientation) };
    const key = JSON.stringify(about);
    const known = kinds.get(key) ?? { ...about, images: 0, owners: new Set(), scanners: [] };
    kinds.set(key, {
      ...known,
      images: known.images + images,
      // A patient who was on two scanners is one patient.
      owners: new Set([...known.owners, ...(JSON.parse(owners) as unknown[])]),
      scanners: [...new Set([...known.scanners, ...(scanner === '' ? [] : [scanner])])],
    });
  }
  return [...kinds.values()]
    .map(({ owners, ...kind }) => ({ ...kind, patients: owners.size }))
    .sort((a, b) => b.images - a.images);
}

/** The view of a series with its direction cosines as they are stored: a list in JSON. */
const storedView = (seriesView: string, orientation: string | null) =>
  viewOf(seriesView, orientation === null ? null : (JSON.parse(orientation) as number[]));

/** Slices within about 30 degrees of a plane of the body count as that plane. */
const NEAR_PLANE = 0.86;

/** The view of a projection, or the plane of a slice from its six direction cosines; '' where unknown. */
export function viewOf(seriesView: string, orientation: readonly number[] | null): string {
  if (seriesView !== '' || orientation === null) return seriesView;
  const [rx = 0, ry = 0, rz = 0, cx = 0, cy = 0, cz = 0] = orientation;
  const normal = [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx].map(Math.abs);
  const names = ['SAGITTAL', 'CORONAL', 'AXIAL'];
  const along = normal.findIndex((part) => part > NEAR_PLANE);
  return along < 0 ? 'OBLIQUE' : (names[along] ?? '');
}
