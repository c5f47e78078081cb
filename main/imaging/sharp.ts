import { createRequire, Module } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * The image library sharp, safe in the runtime that it finds itself in. Every part of the product takes it from here.
 *
 * On Linux the Electron executable is linked with the system's GLib while sharp's native library carries a GLib of its
 * own; calls of the one end up in the other, which prints assertions for every image and sometimes ends the process
 * (lovell/sharp issues 4522 and 4525). There sharp runs as WebAssembly: the same pixels, about three times slower.
 * Its loader asks for the native addon first and has no switch, so the addon's place in the module cache is taken.
 */
function loadSharp(): typeof import('sharp')['default'] {
  if (process.platform === 'linux' && process.versions.electron !== undefined) takePlaceOfNativeAddon();
  return require('sharp');
}

function takePlaceOfNativeAddon(): void {
  for (const libc of ['linux', 'linuxmusl']) {
    const native = resolved(`@img/sharp-${libc}-${process.arch}/sharp.node`);
    if (native === null) continue; // not installed: sharp falls back to WebAssembly by itself
    const standIn = new Module(native);
    standIn.exports = require('@img/sharp-wasm32/sharp.node');
    standIn.loaded = true;
    require.cache[native] = standIn;
  }
}

function resolved(specifier: string): string | null {
  try {
    return require.resolve(specifier);
  } catch {
    return null;
  }
}

export const sharp: typeof import('sharp')['default'] = loadSharp() as never;
