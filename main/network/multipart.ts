/** multipart/related (RFC 2387), as DICOMweb carries DICOM files (PS3.18 section 8.6.1.2). */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Dicer } from '@fastify/busboy';
import { Fault } from '../fault.ts';
import { readPieces, type StoredFile, sizeOfStored } from '../seal/sealed-file.ts';
import type { Staging } from './staging.ts';

/**
 * Writes each part of an answer into a file.
 * @throws Fault `bad-file` where the answer is none, `disk-full`; an Error where it ends early
 */
export async function stageParts(response: IncomingMessage, staging: Staging, onFile: () => void): Promise<void> {
  const boundary = boundaryOf(response.headers['content-type'] ?? '');
  const parts = new Dicer({ boundary });
  let failure: Fault | undefined;
  parts.on('part', (part) => {
    const file = staging.file();
    part.on('data', (chunk: Buffer) => file.write(chunk));
    // Said by the whole as well.
    part.on('error', () => file.destroy());
    part.on('end', () => {
      try {
        file.complete();
        onFile();
      } catch (thrown) {
        failure ??= Fault.from(thrown);
        response.destroy();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    const end = (thrown?: unknown) => {
      const reason = failure ?? thrown;
      if (reason === undefined) resolve();
      else reject(reason);
    };
    // Its own way of finishing is not one that stream.pipeline sees.
    parts.on('finish', () => end());
    parts.on('error', end);
    response.on('error', end);
    response.on('close', () => end(response.complete ? undefined : new Error('the answer ended early')));
    response.pipe(parts);
  });
}

function boundaryOf(contentType: string): string {
  const boundary = /^multipart\/related\b.*;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  const found = boundary?.[1] ?? boundary?.[2];
  if (found === undefined)
    throw new Fault('peer-refused', `The node answers with ${contentType.slice(0, 80)} and not with DICOM files.`);
  return found;
}

/** One DICOM file as the body of a request, with its headers. */
export function filePart(file: StoredFile): {
  readonly headers: Record<string, string>;
  readonly body: Readable;
} {
  const boundary = 'mediclip-boundary-7f3a91c5d2e84b60';
  const size = sizeOfStored(file);
  const before = Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  function* bytes() {
    yield before;
    yield* readPieces(file);
    yield after;
  }
  return {
    headers: {
      'Content-Type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
      'Content-Length': String(before.length + size + after.length),
    },
    body: Readable.from(bytes()),
  };
}
