/** Certificates, keys and passwords, read where they are used and kept nowhere. */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { Fault } from '../fault.ts';

interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly minVersion: 'TLSv1.2';
}

/**
 * PEM bytes of the files that are named. Without a CA the usual public ones are trusted.
 * @throws Fault `not-found`; `usage` where they cannot be used
 */
export async function tlsMaterial({ caFile, certFile, keyFile }: TlsFiles): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map((path) => (path ? read(path) : undefined)));
  const material: TlsMaterial = {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    minVersion: 'TLSv1.2',
  };
  try {
    createSecureContext(material);
  } catch (thrown) {
    const sentence = `The certificate ${certFile} and the key ${keyFile} cannot be used. They must be PEM files that belong together, without a password.`;
    throw new Fault('usage', sentence, { cause: thrown });
  }
  return material;
}

/** The name that a certificate must show; addresses are compared as addresses. */
export function serverName(host: string): { readonly servername?: string } {
  return isIP(host) ? {} : { servername: host };
}

/**
 * The value of an HTTP Authorization header.
 * @param reference `env:NAME`, `file:/path` or empty
 * @throws Fault `not-found` where there is nothing behind the reference
 */
export async function authorization(reference: string): Promise<string | null> {
  if (reference === '') return null;
  const [, scheme, place = ''] = /^(env|file):(.*)$/s.exec(reference) ?? [];
  const secret = scheme === 'env' ? process.env[place] : (await read(place)).toString('utf8').trim();
  if (!secret)
    throw new Fault('not-found', `The credentials of this node should be in ${reference}, and nothing is there.`);
  return /^(Bearer|Basic) /.test(secret) ? secret : `Basic ${Buffer.from(secret, 'utf8').toString('base64')}`;
}

async function read(path: string): Promise<Buffer> {
  return await readFile(path).catch((thrown) => {
    throw Fault.from(thrown, { code: 'not-found', path });
  });
}
