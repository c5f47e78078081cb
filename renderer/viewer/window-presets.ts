/** Usual windows for CT, in HU, on the keys 1 to 9. */
export interface WindowLevel {
  readonly center: number;
  readonly width: number;
}

export interface WindowPreset extends WindowLevel {
  readonly key: string;
  readonly name: string;
}

const ctPresets: readonly WindowPreset[] = [
  { key: '1', name: 'Soft tissue', center: 40, width: 400 },
  { key: '2', name: 'Lung', center: -600, width: 1500 },
  { key: '3', name: 'Liver', center: 90, width: 150 },
  { key: '4', name: 'Bone', center: 480, width: 2500 },
  { key: '5', name: 'Brain', center: 40, width: 80 },
  { key: '6', name: 'Subdural', center: 75, width: 215 },
  { key: '7', name: 'Stroke', center: 40, width: 40 },
  { key: '8', name: 'Mediastinum', center: 50, width: 350 },
  { key: '9', name: 'Temporal bone', center: 600, width: 2800 },
];

/** Windows in HU mean something for CT alone. */
export function presetsFor(modality: string): readonly WindowPreset[] {
  return modality === 'CT' ? ctPresets : [];
}
