import type { Migration } from './migration.ts';

/** Of how many patients the held-out images are: promises count patients. Until now every image counted as one. */
export const heldOutPatients: Migration = {
  name: 'held-out patients',
  apply: (database) =>
    database.exec(`
      ALTER TABLE calibrations ADD COLUMN held_out_patients INTEGER NOT NULL DEFAULT 0;
      UPDATE calibrations SET held_out_patients = held_out;
    `),
};
