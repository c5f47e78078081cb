/**
 * `npm test`: provides what the machine lacks, then check, unit tests, end-to-end tests and, as root on Debian, those of the
 * installed package. Ends with vitest's summary.
 */

import { check } from './check.ts';
import { runInTerminal, runScript, say, toolPath } from './command.ts';
import { providePackages, TEST_TOOLS, VIRTUAL_DISPLAY } from './debian.ts';
import { provideRuntime } from './launch.ts';

await runScript(async () => {
  await providePackages(VIRTUAL_DISPLAY, 'The end-to-end tests');
  await providePackages(TEST_TOOLS, 'Some tests').catch((error: Error) =>
    say(`${error.message} Those tests are skipped.`),
  );
  await provideRuntime();
  return (await check()) || (await runInTerminal(toolPath('vitest'), ['run', ...process.argv.slice(2)]));
});
