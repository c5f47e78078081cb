/** Serves the window's own files under `workstation://app/`, and nothing else. */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';

export const SCHEME = 'workstation';
export const ORIGIN = `${SCHEME}://app`;

/** Codecs are WebAssembly, decoded in workers; nothing comes from a network. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  // Cornerstone3D and floating menus place elements by their style attributes.
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self' blob: data:",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** The file that a URL of the scheme means, or null where it is none below `root`. */
export function fileOfUrl(root: string, url: string): string | null {
  let path: string;
  try {
    const { protocol, host, pathname } = new URL(url);
    if (protocol !== `${SCHEME}:` || host !== 'app') return null;
    path = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (path.includes('\0') || path.includes('\\')) return null;
  const file = normalize(join(root, path === '/' ? 'index.html' : path));
  return file.startsWith(root + sep) && extname(file) in TYPES ? file : null;
}

export async function serveWindowFile(root: string, url: string): Promise<Response> {
  const file = fileOfUrl(root, url);
  const bytes = file === null ? null : await readFile(file).catch(() => null);
  if (file === null || bytes === null) return new Response('Not found', { status: 404 });
  return new Response(new Uint8Array(bytes), {
    headers: {
      'Content-Type': TYPES[extname(file)] ?? '',
      'Content-Security-Policy': POLICY,
      'X-Content-Type-Options': 'nosniff',
    },
  });
}
