/** Why a provider cannot be used here, in words that say what to do (docs/providers.md). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What CUDA 12 needs at least (NVIDIA's table of CUDA toolkits and drivers). */
const OLDEST_DRIVER = 525;
/** Libraries of the CUDA 12 runtime that the provider links. */
const RUNTIME = ['libcudart.so.12', 'libcublas.so.12', 'libcublasLt.so.12', 'libcufft.so.11', 'libcudnn.so.9'];
const PROVIDER = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];

/** Where to look; tests name other folders. */
export interface Places {
  /** Folder of onnxruntime's binding, where the provider libraries belong. */
  readonly binding: string;
  /** Folders that the dynamic linker searches. */
  readonly libraries: readonly string[];
  /** File that tells the version of NVIDIA's kernel driver. */
  readonly driver: string;
}

/** What a provider lacks on this machine, known before it is tried; null where nothing is. */
export function missingFor(provider: string, places: Places = systemPlaces()): string | null {
  return provider === 'cuda' ? cudaProblem(places) : null;
}

/** The sentence for a person, or what onnxruntime said where nothing better is known. */
export function explain(provider: string, said: string): string {
  if (provider === 'webgpu' && said.includes('No supported adapters'))
    return 'No graphics device was found: none that Vulkan, Direct3D 12 or Metal offers with a driver that works.';
  return said;
}

function cudaProblem({ binding, libraries, driver }: Places): string | null {
  const version = attempt(() => readFileSync(driver, 'utf8').trim());
  if (version === null) return 'There is no NVIDIA driver on this machine.';
  const absent = PROVIDER.filter((name) => !existsSync(join(binding, name)));
  if (absent.length > 0)
    return `The CUDA libraries of onnxruntime are not installed: lay ${absent.join(' and ')} into ${binding} (docs/providers.md).`;
  if (Number.parseInt(version, 10) < OLDEST_DRIVER)
    return `NVIDIA's driver ${version} is too old for CUDA 12. Install ${OLDEST_DRIVER} or newer.`;
  const missing = RUNTIME.filter((name) => !libraries.some((folder) => existsSync(join(folder, name))));
  if (missing.length > 0)
    return `Libraries of CUDA 12 or cuDNN 9 are missing: ${missing.join(', ')}. Install them, or name their folder in LD_LIBRARY_PATH (docs/providers.md).`;
  return null;
}

function systemPlaces(): Places {
  const own = createRequire(import.meta.url);
  const package_ = attempt(() => dirname(own.resolve('onnxruntime-node/package.json')));
  const named = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder !== '');
  const cuda = (attempt(() => readdirSync('/usr/local')) ?? []).filter((name) => name.startsWith('cuda'));
  return {
    binding: join(package_ ?? 'onnxruntime-node', 'bin', 'napi-v6', process.platform, process.arch),
    libraries: [
      ...named,
      '/usr/lib/x86_64-linux-gnu',
      '/usr/lib/aarch64-linux-gnu',
      '/usr/lib64',
      '/usr/lib',
      ...cuda.flatMap((name) => [join('/usr/local', name, 'lib64'), join('/usr/local', name, 'lib')]),
    ],
    driver: '/sys/module/nvidia/version',
  };
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
