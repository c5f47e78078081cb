/**
 * Provides the database's native addon. Its prebuilt binaries need Node-API 10 and take the process down on less, so an
 * older runtime gets the unchanged source compiled against the older interface, once, in the cache.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { cachedFolder, cacheFolder } from './cache.ts';
import { projectRoot, runOrFail, say } from './command.ts';
import { COMPILER, providePackages } from './debian.ts';

const PREBUILT_NODE_API = 10;
const FILE = 'better_sqlite3.node';
/** As its build file declares them, lifted from the stable version 10 to what Node 20 offers as experimental. */
const FLAGS = '-UNAPI_VERSION -DNAPI_EXPERIMENTAL -DNAPI_VERSION=2147483647 -DNODE_API_EXPERIMENTAL_NO_WARNING';

/**
 * Path of the compiled addon for a runtime of this Node-API version, or null where the prebuilt one serves.
 * @throws SetupError with the missing tools or the compiler's last lines.
 */
export async function findAddon(nodeApi: number): Promise<string | null> {
  if (nodeApi >= PREBUILT_NODE_API) return null;
  const sources = join(projectRoot, 'node_modules', 'better-sqlite3-multiple-ciphers');
  const { version } = JSON.parse(readFileSync(join(sources, 'package.json'), 'utf8')) as { version: string };
  const name = `better-sqlite3-multiple-ciphers-${version}-${process.platform}-${process.arch}-napi${nodeApi}`;
  const compiled = join(cacheFolder(), name, FILE);
  if (!existsSync(compiled)) await cachedFolder(name, (folder) => compile(sources, folder));
  return compiled;
}

async function compile(sources: string, folder: string): Promise<void> {
  await providePackages(COMPILER, 'Compiling the database for this version of Electron');
  say('Compiling the database code for this runtime (about two minutes, once).');
  const copy = join(folder, 'source');
  cpSync(sources, copy, { recursive: true, filter: (path) => !path.includes('prebuilds') });
  const require = createRequire(join(projectRoot, 'package.json'));
  // Its build file asks for node-addon-api by name, which must resolve from the copy.
  const headersPackage = dirname(createRequire(join(sources, 'package.json')).resolve('node-addon-api/package.json'));
  cpSync(headersPackage, join(copy, 'node_modules', 'node-addon-api'), { recursive: true });

  const headers = nodeHeaders();
  await runOrFail(
    'The database code could not be compiled for this runtime, so the database cannot be opened.',
    process.execPath,
    [
      join(dirname(require.resolve('node-gyp/package.json')), 'bin', 'node-gyp.js'),
      'rebuild',
      '--release',
      '--force_build=1',
      ...(headers === undefined ? [] : [`--nodedir=${headers}`]),
    ],
    { cwd: copy, env: { ...process.env, CXXFLAGS: FLAGS, JOBS: String(availableParallelism()) } },
  );
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(copy, 'build', 'Release', FILE), join(folder, FILE));
  rmSync(copy, { recursive: true });
}

/** A folder with include/node/node_api.h. Without any, node-gyp downloads its own. */
function nodeHeaders(): string | undefined {
  const fromPackage = join(projectRoot, 'node_modules', `node-${process.platform}-${process.arch}`);
  return [fromPackage, join(dirname(process.execPath), '..'), '/usr'].find((folder) =>
    existsSync(join(folder, 'include', 'node', 'node_api.h')),
  );
}
