/** What there is a page of help on: the screens, and what opens over them (`data-help` in their markup). */
export const topics = [
  'worklist',
  'import',
  'calibration',
  'models',
  'network',
  'viewer',
  'report',
  'export',
  'settings',
] as const;
export type Topic = (typeof topics)[number];

export const isTopic = (name: string): name is Topic => (topics as readonly string[]).includes(name);
