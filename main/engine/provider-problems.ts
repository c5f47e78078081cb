/** Why a provider cannot be used here, in words that say what to do (docs/providers.md), and what of it lies here. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import {
  attempt,
  findLibrary,
  libraryFolders,
  libraryOfManifest,
  stateOf,
  vulkanManifests,
} from './system-libraries.ts';

/** What CUDA 12 needs at least (NVIDIA's table of CUDA toolkits and drivers). */
const OLDEST_DRIVER = 525;
/** Libraries of the CUDA 12 runtime that the provider links. */
const RUNTIME = ['libcudart.so.12', 'libcublas.so.12', 'libcublasLt.so.12', 'libcufft.so.11', 'libcudnn.so.9'];
const PROVIDER = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
const DRIVER = 'libcuda.so.1';

/** Where to look; tests name other folders. */
export interface Places {
  /** Folder of onnxruntime's binding, where the provider libraries belong. */
  readonly binding: string;
  /** Of onnxruntime, which that of the provider libraries must be. */
  readonly version: string;
  /** Folders that the dynamic linker searches. */
  readonly libraries: readonly string[];
  /** File that tells the version of NVIDIA's kernel driver; Windows' Linux has the driver without it. */
  readonly driver: string;
  /** Manifests of Vulkan's drivers. */
  readonly vulkan: readonly string[];
}

/**
 * What a provider lacks on this machine so that trying it is of no use; null where nothing is known. The libraries of
 * CUDA's runtime are not among it: they may lie where only the linker finds them.
 */
export function missingFor(provider: string, places: Places = systemPlaces()): string | null {
  if (provider !== 'cuda') return null;
  const { binding, libraries, driver } = places;
  if (!existsSync(driver) && !findLibrary(DRIVER, libraries)) return 'There is no NVIDIA driver on this machine.';
  const absent = PROVIDER.filter((name) => !existsSync(join(binding, name)));
  if (absent.length > 0)
    return `The CUDA libraries of onnxruntime are not installed: lay ${absent.join(' and ')} into ${binding} (docs/providers.md).`;
  return null;
}

/** The sentence for a person after a provider failed, or what onnxruntime said where nothing better is known. */
export function explain(provider: string, said: string, places?: Places): string {
  if (provider === 'webgpu' && said.includes('No supported adapters'))
    return 'No graphics device was found: none that Vulkan, Direct3D 12 or Metal offers with a driver that works.';
  return provider === 'cuda' ? `${cudaHint(places ?? systemPlaces())} (${said})` : said;
}

/** What is most likely wrong where CUDA was tried and failed. */
function cudaHint({ binding, version, libraries, driver }: Places): string {
  const driverVersion = attempt(() => readFileSync(driver, 'utf8').trim());
  if (driverVersion !== null && Number.parseInt(driverVersion, 10) < OLDEST_DRIVER)
    return `NVIDIA's driver ${driverVersion} is too old for CUDA 12. Install ${OLDEST_DRIVER} or newer.`;
  const missing = RUNTIME.filter((name) => !findLibrary(name, libraries));
  if (missing.length > 0)
    return `Libraries of CUDA 12 or cuDNN 9 are missing: ${missing.join(', ')}. Install them, or name their folder in LD_LIBRARY_PATH (docs/providers.md).`;
  return `The libraries in ${binding} must be those of onnxruntime ${version}, and of no other version (docs/providers.md).`;
}

/**
 * What of a provider lies on this machine, as a text that is another one whenever its libraries or drivers change: what
 * was found out about the provider holds as long as it stays the same.
 */
export function installed(provider: string, places: Places = systemPlaces()): string {
  const { binding, libraries, vulkan } = places;
  if (process.platform !== 'linux') return '';
  if (provider === 'cuda') {
    const runtime = [DRIVER, ...RUNTIME].map((name) => findLibrary(name, libraries) ?? name);
    return [...PROVIDER.map((name) => join(binding, name)), ...runtime].map(stateOf).join('; ');
  }
  if (provider === 'webgpu') {
    const files = vulkan.flatMap((manifest) => [manifest, libraryOfManifest(manifest, libraries) ?? '?']);
    return [`kernel ${release()}`, ...files.map(stateOf)].join('; '); // half of a driver is part of the kernel
  }
  return '';
}

function systemPlaces(): Places {
  const own = createRequire(import.meta.url);
  const description = attempt(() => own.resolve('onnxruntime-node/package.json')) ?? 'onnxruntime-node/package.json';
  return {
    binding: join(outsideArchive(dirname(description)), 'bin', 'napi-v6', process.platform, process.arch),
    version: attempt(() => JSON.parse(readFileSync(description, 'utf8')).version as string) ?? '',
    libraries: libraryFolders(),
    driver: '/sys/module/nvidia/version',
    vulkan: vulkanManifests(),
  };
}

/** Where a file of the application's archive lies as a plain file: libraries are loaded from there, and laid there. */
export function outsideArchive(path: string): string {
  return path.replace(/\.asar(?=[/\\]|$)/, '.asar.unpacked');
}
