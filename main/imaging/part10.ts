/** DICOM files as containers (PS3.10 section 7): what stands before the data set, and where that begins. */
import { open } from 'node:fs/promises';
import dicomParser, { type DataSet } from 'dicom-parser';
import { Fault } from '../fault.ts';

export interface FileMeta {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntax: string;
}

export interface FileStart extends FileMeta {
  /** Where the data set begins, in bytes. */
  readonly datasetOffset: number;
}

/** Far more than any File Meta Information takes. */
export const LONGEST_META = 64 * 1024;

/**
 * Reads the File Meta Information of a DICOM file and nothing behind it.
 * @throws Fault `not-found`, `bad-file` where the file has none
 */
export async function readFileStart(path: string): Promise<FileStart> {
  return fileStartOf(await firstBytes(path), path);
}

/** The same of a file's beginning, `LONGEST_META` bytes of it. @throws Fault `bad-file` */
export function fileStartOf(bytes: Uint8Array, path: string): FileStart {
  try {
    // Its type leaves out where reading ended.
    const meta: DataSet & { position?: number } = dicomParser.readPart10Header(bytes);
    const [sopClassUid, sopInstanceUid, transferSyntax] = ['x00020002', 'x00020003', 'x00020010'].map((tag) =>
      meta.string(tag),
    );
    const end = meta.position ?? 0;
    if (sopClassUid && sopInstanceUid && transferSyntax && end > 0)
      return { sopClassUid, sopInstanceUid, transferSyntax, datasetOffset: end };
  } catch {
    // Said below: what a parser has to say of a file that is no DICOM file helps nobody.
  }
  throw new Fault('bad-file', 'This is not a DICOM file with File Meta Information, so it cannot be sent.', { path });
}

async function firstBytes(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const bytes = Buffer.alloc(LONGEST_META);
      const { bytesRead } = await file.read(bytes, 0, LONGEST_META, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (thrown) {
    throw Fault.from(thrown, { code: 'bad-file', path });
  }
}
