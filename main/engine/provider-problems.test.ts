import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { explain, installed, missingFor, outsideArchive, type Places } from './provider-problems.ts';
import { foldersOf, libraryOfManifest, vulkanManifests } from './system-libraries.ts';

let places: Places;

beforeEach(() => {
  const folder = freshFolder();
  places = {
    binding: join(folder, 'binding'),
    version: '1.30.0',
    libraries: [join(folder, 'lib')],
    driver: join(folder, 'version'),
    vulkan: [],
  };
  for (const made of [places.binding, ...places.libraries]) mkdirSync(made);
});

const put = (folder: string, ...names: string[]) => {
  for (const name of names) writeFileSync(join(folder, name), '');
};

const layProvider = () => put(places.binding, 'libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so');

describe('what CUDA lacks is named: ', () => {
  it('before it is tried, the driver and the provider libraries', () => {
    expect(missingFor('cuda', places)).toBe('There is no NVIDIA driver on this machine.');
    writeFileSync(places.driver, '550.54.15\n');
    expect(missingFor('cuda', places)).toContain(places.binding);
    put(places.binding, 'libonnxruntime_providers_shared.so');
    expect(missingFor('cuda', places)).toMatch(/lay libonnxruntime_providers_cuda.so into/);
    layProvider();
    expect(missingFor('cuda', places)).toBeNull();
  });

  it('no driver where its library lies without a kernel module, as in the Linux of Windows', () => {
    layProvider();
    put(places.libraries[0]!, 'libcuda.so.1');
    expect(missingFor('cuda', places)).toBeNull();
  });

  it('after it failed, the runtime, a newer driver, or libraries of the same version', () => {
    layProvider();
    writeFileSync(places.driver, '470.57.02\n');
    const why = () => explain('cuda', 'libfoo: undefined symbol', places);
    expect(why()).toBe(
      "NVIDIA's driver 470.57.02 is too old for CUDA 12. Install 525 or newer. (libfoo: undefined symbol)",
    );
    writeFileSync(places.driver, '550.54.15\n');
    put(places.libraries[0]!, 'libcudart.so.12', 'libcublas.so.12', 'libcublasLt.so.12', 'libcufft.so.11');
    expect(why()).toContain('missing: libcudnn.so.9.');
    put(places.libraries[0]!, 'libcudnn.so.9');
    expect(why()).toContain('must be those of onnxruntime 1.30.0, and of no other version');
    expect(why()).toContain('(libfoo: undefined symbol)');
  });

  it('nothing about other providers', () => {
    expect(missingFor('webgpu', places)).toBeNull();
    expect(explain('webgpu', 'webgpu: out of memory')).toBe('webgpu: out of memory');
    expect(explain('webgpu', 'Failed to get a WebGPU adapter: No supported adapters')).toContain('graphics device');
  });
});

describe('what lies on the machine', () => {
  it('is looked for outside the archive, where a person can lay it', () => {
    expect(outsideArchive('/opt/M W/resources/app.asar/node_modules/onnxruntime-node')).toBe(
      '/opt/M W/resources/app.asar.unpacked/node_modules/onnxruntime-node',
    );
    expect(outsideArchive('C:\\M\\app.asar')).toBe('C:\\M\\app.asar.unpacked');
    expect(outsideArchive('/home/a/checkout/node_modules/x')).toBe('/home/a/checkout/node_modules/x');
  });

  it("is told from the linker's own list too", () => {
    const list =
      '2 libs found\n\tlibcudart.so.12 (libc6,x86-64) => /opt/cuda/lib/libcudart.so.12\n\tliba.so => /lib/liba.so\n';
    expect(foldersOf(list)).toEqual(['/opt/cuda/lib', '/lib']);
  });

  it.runIf(process.platform === 'linux')('is another text when CUDA libraries are laid or replaced', () => {
    const before = installed('cuda', places);
    layProvider();
    const laid = installed('cuda', places);
    expect(laid).not.toBe(before);
    expect(installed('cuda', places)).toBe(laid);
    utimesSync(join(places.binding, 'libonnxruntime_providers_cuda.so'), 1000, 1000);
    expect(installed('cuda', places)).not.toBe(laid);
  });

  it.runIf(process.platform === 'linux')('is another text when the library of a Vulkan driver is replaced', () => {
    const manifest = join(places.binding, 'radeon_icd.x86_64.json');
    writeFileSync(manifest, JSON.stringify({ ICD: { library_path: 'libvulkan_radeon.so' } }));
    put(places.libraries[0]!, 'libvulkan_radeon.so');
    expect(vulkanManifests([places.binding])).toContain(manifest);
    expect(libraryOfManifest(manifest, places.libraries)).toBe(join(places.libraries[0]!, 'libvulkan_radeon.so'));
    const now = () => installed('webgpu', { ...places, vulkan: [manifest] });
    const before = now();
    writeFileSync(join(places.libraries[0]!, 'libvulkan_radeon.so'), 'newer');
    expect(now()).not.toBe(before);
    expect(now()).toContain('kernel ');
  });
});
