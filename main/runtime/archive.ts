/** An .asar archive: four lengths of four bytes, an index as JSON, then the files one after the other. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

export interface ArchiveFolder {
  readonly files: Readonly<Record<string, ArchiveFolder | ArchiveFile>>;
}
interface ArchiveFile {
  readonly size: number;
  /** From where the index ends, as a decimal number; absent where the file lies unpacked beside the archive. */
  readonly offset?: string;
  readonly integrity?: { readonly algorithm: string };
}

export interface Archive {
  readonly index: ArchiveFolder;
  /** Of all files, with forward slashes. */
  readonly paths: readonly string[];
  /** @throws RangeError for a file that its index does not name */
  read(path: string): Buffer;
}

/** @throws an error of the file system */
export function openArchive(archive: string): Archive {
  const lengths = readPart(archive, 0, 16);
  const index = JSON.parse(readPart(archive, 16, lengths.readUInt32LE(12)).toString()) as ArchiveFolder;
  const contents = 8 + lengths.readUInt32LE(4);
  const read = (path: string) => {
    const entry = path
      .split('/')
      .reduce<ArchiveFolder | ArchiveFile | undefined>(
        (at, name) => (at && 'files' in at ? at.files[name] : undefined),
        index,
      );
    if (!entry || 'files' in entry) throw new RangeError(`${path} is no file of ${archive}.`);
    if (entry.offset === undefined) return readFileSync(`${archive}.unpacked/${path}`);
    return readPart(archive, contents + Number(entry.offset), entry.size);
  };
  return { index, paths: pathsIn(index), read };
}

function readPart(path: string, offset: number, length: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const part = Buffer.alloc(length);
    readSync(file, part, 0, length, offset);
    return part;
  } finally {
    closeSync(file);
  }
}

function pathsIn({ files }: ArchiveFolder): readonly string[] {
  return Object.entries(files).flatMap(([name, entry]) =>
    'files' in entry ? pathsIn(entry).map((below) => `${name}/${below}`) : [name],
  );
}
