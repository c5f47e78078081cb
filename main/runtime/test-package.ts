/** `npm run test:package`: makes the packages, installs the .deb, and tests what is then on this machine. Root only. */
import { runInTerminal, runScript, toolPath } from './command.ts';

await runScript(async () => {
  if (!process.argv.includes('--as-built')) {
    const made = await runInTerminal(process.execPath, [`${import.meta.dirname}/dist.ts`]);
    if (made !== 0) return made;
  }
  process.env.TEST_PACKAGE = '1';
  return runInTerminal(toolPath('vitest'), ['run', '--project', 'package']);
});
