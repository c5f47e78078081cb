/** `npm run check`: types, window components, lint and format, layers, dead code; side by side, in seconds. */
import { run, runScript, say, toolPath } from './command.ts';

/** Name and program in node_modules/.bin with its arguments. */
const CHECKS: readonly (readonly [string, readonly [string, ...string[]]])[] = [
  ['types', ['tsc', '--noEmit', '--pretty', 'false']],
  ['window', ['svelte-check', '--output', 'human', '--no-color', '--fail-on-warnings']],
  ['format and lint', ['biome', 'check', '--error-on-warnings', '--max-diagnostics=40']],
  [
    'layers',
    [
      'depcruise',
      '--config',
      '.dependency-cruiser.js',
      '--output-type',
      'err',
      'main',
      'preload',
      'renderer',
      'tests',
      'models',
    ],
  ],
  ['dead code', ['knip', '--no-progress']],
];

/** Runs all checks, prints what those that failed said, and returns the exit code. */
export async function check(): Promise<number> {
  const results = await Promise.all(
    CHECKS.map(async ([name, [program, ...args]]) => {
      const started = performance.now();
      const result = await run(toolPath(program), args);
      return { name, ...result, seconds: (performance.now() - started) / 1000 };
    }),
  );
  const failed = results.filter(({ code }) => code !== 0);
  for (const { name, output } of failed) say(`\n--- ${name}\n${output.trim()}`);
  const summary = results.map(
    ({ name, code, seconds }) => `${name} ${code === 0 ? 'ok' : 'FAILED'} (${seconds.toFixed(1)} s)`,
  );
  say(`${failed.length > 0 ? '\n' : ''}check: ${summary.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

if (import.meta.main) await runScript(check);
