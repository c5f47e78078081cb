/**
 * A DICOMDIR (PS3.3 annex F) over files on a medium. Records point at each other by byte offsets, so the index is encoded
 * once to learn where each lies, and once more with those places filled in: offsets have a fixed length.
 */
import dicomParser from 'dicom-parser';
import { type Dataset, encodeFile } from './dataset.ts';
import { validDataset } from './valid-values.ts';

const MEDIA_STORAGE_DIRECTORY = '1.2.840.10008.1.3.10';

/** dcmjs leaves their value representation open. */
const OFFSETS = {
  OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity: 'UL',
  OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity: 'UL',
  OffsetOfTheNextDirectoryRecord: 'UL',
  OffsetOfReferencedLowerLevelDirectoryEntity: 'UL',
} as const;

/** A record with those below it: patient, studies, series, instances. */
export interface DirectoryRecord {
  readonly attributes: Dataset;
  readonly below: readonly DirectoryRecord[];
}

interface Placed {
  readonly record: DirectoryRecord;
  /** Indices among all records; -1 for none. */
  readonly next: number;
  readonly lower: number;
}

/** Bytes of the index. `fileSetUid` also names it as an instance. */
export function dicomDirectory(roots: readonly DirectoryRecord[], fileSetUid: string): Uint8Array {
  const records = flatten(roots);
  const rootAt = roots.length === 0 ? -1 : 0;
  const lastRoot = records.findLastIndex(({ record }) => roots.includes(record));
  const empty = encodeDirectory(records, fileSetUid, () => 0, [rootAt, lastRoot]);
  const offsets = itemOffsets(empty);
  return encodeDirectory(records, fileSetUid, (index) => offsets[index] ?? 0, [rootAt, lastRoot]);
}

/** All records, each before those below it. */
function flatten(siblings: readonly DirectoryRecord[], from = 0): readonly Placed[] {
  const placed: Placed[] = [];
  for (const [index, record] of siblings.entries()) {
    const own = from + placed.length;
    const below = flatten(record.below, own + 1);
    const next = index + 1 < siblings.length ? own + 1 + below.length : -1;
    placed.push({ record, next, lower: below.length > 0 ? own + 1 : -1 }, ...below);
  }
  return placed;
}

function encodeDirectory(
  records: readonly Placed[],
  uid: string,
  offset: (index: number) => number,
  [first, last]: readonly [number, number],
): Uint8Array {
  return encodeFile(MEDIA_STORAGE_DIRECTORY, uid, {
    FileSetID: 'MEDICLIP',
    OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity: offset(first),
    OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity: offset(last),
    _vrMap: OFFSETS,
    FileSetConsistencyFlag: 0,
    DirectoryRecordSequence: records.map(({ record, next, lower }) => ({
      OffsetOfTheNextDirectoryRecord: offset(next),
      _vrMap: OFFSETS,
      RecordInUseFlag: 0xffff,
      OffsetOfReferencedLowerLevelDirectoryEntity: offset(lower),
      ...validDataset(record.attributes),
    })),
  });
}

/** Where the items of the record sequence begin: at their item tag, 8 bytes before what they hold. */
function itemOffsets(bytes: Uint8Array): readonly number[] {
  const { elements } = dicomParser.parseDicom(bytes);
  return (elements.x00041220?.items ?? []).map(({ dataOffset }) => dataOffset - 8);
}
