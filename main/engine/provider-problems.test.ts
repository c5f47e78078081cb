import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { explain, missingFor, type Places } from './provider-problems.ts';

let places: Places;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'mediclip-cuda-'));
  places = { binding: join(folder, 'binding'), libraries: [join(folder, 'lib')], driver: join(folder, 'version') };
  for (const made of [places.binding, ...places.libraries]) mkdirSync(made);
});

const put = (folder: string, ...names: string[]) => {
  for (const name of names) writeFileSync(join(folder, name), '');
};

describe('what CUDA lacks is named: ', () => {
  it('the driver, the provider libraries, a newer driver, and the runtime', () => {
    expect(missingFor('cuda', places)).toBe('There is no NVIDIA driver on this machine.');
    writeFileSync(places.driver, '470.57.02\n');
    expect(missingFor('cuda', places)).toContain(places.binding);
    put(places.binding, 'libonnxruntime_providers_shared.so');
    expect(missingFor('cuda', places)).toMatch(/lay libonnxruntime_providers_cuda.so into/);
    put(places.binding, 'libonnxruntime_providers_cuda.so');
    expect(missingFor('cuda', places)).toBe("NVIDIA's driver 470.57.02 is too old for CUDA 12. Install 525 or newer.");
    writeFileSync(places.driver, '550.54.15\n');
    put(places.libraries[0]!, 'libcudart.so.12', 'libcublas.so.12', 'libcublasLt.so.12', 'libcufft.so.11');
    expect(missingFor('cuda', places)).toContain('missing: libcudnn.so.9.');
    put(places.libraries[0]!, 'libcudnn.so.9');
    expect(missingFor('cuda', places)).toBeNull();
  });

  it('nothing about other providers', () => {
    expect(explain('webgpu', 'webgpu: out of memory')).toBe('webgpu: out of memory');
    expect(explain('webgpu', 'Failed to get a WebGPU adapter: No supported adapters')).toContain('graphics device');
  });
});
