/** `npm test`: provides what the machine lacks, then check, unit tests and end-to-end tests. Ends with vitest's summary. */

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
  // The packages have a command of their own, `npm run test:package`: it makes and installs them first.
  const projects = ['--project', 'unit', '--project', 'end-to-end'];
  return (await check()) || (await runInTerminal(toolPath('vitest'), ['run', ...projects, ...process.argv.slice(2)]));
});
