/** What an import makes of every file of a folder: for docs/dicom-files.md and the test that keeps it true. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runInProcess } from '../../main/process/in-process.ts';
import { readerHandlers } from '../../main/reader/handlers.ts';
import { importPaths } from '../../main/services/import.ts';
import { openStudy } from '../../main/services/worklist.ts';
import type { Workstation } from '../../main/services/workstation.ts';
import { listImportedResults } from '../../main/store/imported-results.ts';
import { openStore, type Store } from '../../main/store/store.ts';
import { listFrames } from '../../main/store/studies.ts';

/**
 * Imports the folder as a person would, whole, and says of each file what became of it: `imported: CT, 2 frames`,
 * `imported as a result: seg`, `already here`, `index of a disc`, or `left out: ` and the reason.
 * @param data an empty folder for the store
 * @returns by path below the folder, in the order of paths
 */
export async function importOutcomes(folder: string, data: string): Promise<ReadonlyMap<string, string>> {
  const store = openStore(data);
  try {
    const station = { store, reader: runInProcess(readerHandlers), user: 'table', now: () => new Date() };
    const job = { id: 'table', signal: new AbortController().signal, progress: () => {} };
    const { studies, skipped } = await importPaths(station as unknown as Workstation, [folder], job);
    const reasons = new Map(skipped.map(({ path, reason }) => [path, reason]));
    const stored = new Map(studies.flatMap((uid) => storedFiles(store, uid)));
    return new Map(
      filesBelow(folder).map((path) => {
        const reason = reasons.get(path);
        return [relative(folder, path), reason === undefined ? arrivalOf(path, stored) : `left out: ${reason}`];
      }),
    );
  } finally {
    store.db.close();
  }
}

/** What the files of a study are in the store, by their hashes. */
function storedFiles({ db }: Store, studyInstanceUid: string): readonly (readonly [string, string])[] {
  const { series } = openStudy(db, studyInstanceUid, []);
  const modalities = new Map(series.map(({ seriesInstanceUid, modality }) => [seriesInstanceUid, modality]));
  const frames = listFrames(db, studyInstanceUid);
  const results = listImportedResults(db, studyInstanceUid);
  return [
    ...frames.map(({ fileSha256, seriesInstanceUid }) => {
      const count = frames.filter((frame) => frame.fileSha256 === fileSha256).length;
      const modality = modalities.get(seriesInstanceUid) || 'no modality';
      return [fileSha256, `imported: ${modality}, ${count} frame${count === 1 ? '' : 's'}`] as const;
    }),
    ...results.map(({ fileSha256, kind }) => [fileSha256, `imported as a result: ${kind}`] as const),
  ];
}

function arrivalOf(path: string, stored: ReadonlyMap<string, string>): string {
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return stored.get(sha256) ?? (/DICOMDIR/.test(path) ? 'index of a disc' : 'already here');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
