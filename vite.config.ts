import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { notesBundledPackages } from './main/runtime/bundled-packages.ts';

const bundled = notesBundledPackages();

/** Builds the window. The main process, its children and the preload are built by main/runtime/bundle.ts. */
export default defineConfig({
  root: join(import.meta.dirname, 'renderer'),
  base: './',
  plugins: [svelte(), bundled.plugin],
  build: {
    target: 'chrome130',
    outDir: join(import.meta.dirname, 'dist', 'renderer'),
    emptyOutDir: true,
    rolldownOptions: { checks: { pluginTimings: false } },
    // Cornerstone3D with its codecs: loaded from disk, so size matters little.
    chunkSizeWarningLimit: 16_000,
  },
  worker: { format: 'es', plugins: () => [bundled.inWorkers] },
  optimizeDeps: { exclude: ['@cornerstonejs/dicom-image-loader'], include: ['dicom-parser'] },
});
