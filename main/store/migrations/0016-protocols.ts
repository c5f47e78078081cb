import type { Migration } from './migration.ts';

/** The protocol that images were made by, and that a calibration is for: the last part of its scope. */
export const protocols: Migration = {
  name: 'protocols',
  apply: (database) =>
    database.exec(`
      -- Protocol Name (0018,1030), Sequence Name (0018,0024) or Convolution Kernel (0018,1210); '' where unknown, as of all
      -- images from before this was kept.
      ALTER TABLE series ADD COLUMN protocol TEXT NOT NULL DEFAULT '';

      -- '' means all.
      ALTER TABLE calibrations ADD COLUMN protocol TEXT NOT NULL DEFAULT '';
      DROP INDEX one_active_calibration_per_scope;
      CREATE UNIQUE INDEX one_active_calibration_per_scope
        ON calibrations (modality, body_part, view, scanner, protocol) WHERE active = 1;
    `),
};
