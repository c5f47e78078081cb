/** What is packed is what package-lock.json names: for releases, which are built from a commit after `npm ci`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, run, SetupError } from './command.ts';

type Locked = Readonly<Record<string, { readonly version?: string }>>;

/** @throws SetupError when the lock file was changed since the last commit, or something else is installed than it names */
export async function checkLock(): Promise<void> {
  const { output } = await run('git', ['status', '--porcelain', '--', 'package.json', 'package-lock.json']);
  if (existsSync(join(projectRoot, '.git')) && output.trim() !== '')
    throw new SetupError(`These were changed since the last commit; commit or undo that first.\n${output.trimEnd()}`);
  const packagesIn = (path: string) =>
    (JSON.parse(readFileSync(join(projectRoot, path), 'utf8')) as { packages: Locked }).packages;
  const wrong = differences(packagesIn('package-lock.json'), packagesIn('node_modules/.package-lock.json'));
  if (wrong.length > 0)
    throw new SetupError(`Other packages are installed than package-lock.json names. Run: npm ci\n${wrong.join('\n')}`);
}

/** Of what is installed, what the lock file names in another version or not at all. Packages of other platforms may lack. */
export function differences(locked: Locked, installed: Locked): readonly string[] {
  return Object.entries(installed)
    .filter(([path, { version }]) => path !== '' && locked[path]?.version !== version)
    .map(([path, { version }]) => `${path}: ${version} is installed, ${locked[path]?.version ?? 'none'} is locked`);
}
