/** The codes that exported objects use (PS3.16; SNOMED CT identifiers are those that DICOM licenses). */
import type { Code } from './dataset.ts';

const code =
  (scheme: string) =>
  (value: string, meaning: string): Code => ({
    CodeValue: value,
    CodingSchemeDesignator: scheme,
    CodeMeaning: meaning,
  });
export const dcm = code('DCM');
export const sct = code('SCT');
const ucum = code('UCUM');
/** Of this application, for what no public scheme names. */
const own = code('99MEDICLIP');

export const OWN_SCHEME = {
  CodingSchemeDesignator: '99MEDICLIP',
  CodingSchemeName: 'MediCLIP Workstation',
  CodingSchemeResponsibleOrganization: 'MediCLIP Workstation project',
} as const;

export const LESION = sct('52988006', 'Lesion');
export const ALTERED_STRUCTURE = sct('49755003', 'Morphologically Altered Structure');
export const ARTIFICIAL_INTELLIGENCE = dcm('123110', 'Artificial Intelligence');

export const ANOMALY_SCORE = own('ANOMALY_SCORE', 'Anomaly score');
export const CONFORMAL_P = own('CONFORMAL_P', 'Conformal p-value');
export const AREA = sct('42798000', 'Area');
export const LENGTH = sct('410668003', 'Length');
export const ANGLE = sct('1483009', 'Angle');
export const LONG_AXIS = sct('103339001', 'Long Axis');

export const NO_UNITS = ucum('1', 'no units');
export const MILLIMETRE = ucum('mm', 'millimeter');
export const SQUARE_MILLIMETRE = ucum('mm2', 'square millimeter');
export const DEGREE = ucum('deg', 'degree');
export const PIXELS = ucum('{pixels}', 'pixels');

export const REJECTED = {
  quality: dcm('113001', 'Rejected for Quality Reasons'),
  safety: dcm('113037', 'Rejected for Patient Safety Reasons'),
} as const;

/** CID 29 Acquisition Modality. */
const MODALITIES: Readonly<Record<string, string>> = {
  CR: 'Computed Radiography',
  CT: 'Computed Tomography',
  DX: 'Digital Radiography',
  ES: 'Endoscopy',
  GM: 'General Microscopy',
  IO: 'Intra-oral Radiography',
  MG: 'Mammography',
  MR: 'Magnetic Resonance',
  NM: 'Nuclear Medicine',
  OP: 'Ophthalmic Photography',
  PT: 'Positron emission tomography',
  PX: 'Panoramic X-Ray',
  RF: 'Radiofluoroscopy',
  US: 'Ultrasound',
  XA: 'X-Ray Angiography',
  XC: 'External-camera Photography',
};

export const modalityCode = (modality: string): Code =>
  MODALITIES[modality] === undefined ? dcm('OT', 'Other Modality') : dcm(modality, MODALITIES[modality]);
