import type { Migration } from './migration.ts';

/** The search forgets the words of studies that were removed before; `forgetRemoved` sees to those that are from now on. */
export const forgetting: Migration = {
  name: 'forgetting',
  apply: (database) => database.exec(`INSERT INTO worklist_words (worklist_words) VALUES ('rebuild')`),
};
