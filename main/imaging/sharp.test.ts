import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Decodes one PNG in a process of its own and tells which of sharp's libraries that process had loaded. */
function loadedIn(runtime: 'node' | 'electron'): { readonly pixel: number[]; readonly loaded: string[] } {
  const program = `
    ${runtime === 'electron' ? "Object.defineProperty(process.versions, 'electron', { value: '33.0.0' });" : ''}
    const { sharp } = await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'sharp.ts')).href)});
    const png = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#0a141e' } }).png().toBuffer();
    const pixel = [...await sharp(png).raw().toBuffer()];
    const { createRequire } = await import('node:module');
    const loaded = Object.keys(createRequire('/').cache);
    console.log(JSON.stringify({ pixel, loaded }));
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return JSON.parse(output);
}

describe.skipIf(process.platform !== 'linux')('sharp on Linux', () => {
  it('is WebAssembly inside Electron', () => {
    const { pixel, loaded } = loadedIn('electron');
    expect(pixel).toEqual([10, 20, 30]);
    expect(loaded.some((path) => path.includes('sharp-wasm32'))).toBe(true);
  });

  it('is native elsewhere', () => {
    const { pixel, loaded } = loadedIn('node');
    expect(pixel).toEqual([10, 20, 30]);
    expect(loaded.some((path) => path.includes('sharp-wasm32'))).toBe(false);
  });
});
