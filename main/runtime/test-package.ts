/**
 * `npm run test:package`: makes the packages, installs the .deb, and tests what is then on this machine. Root only.
 * `-- --as-built` tests those that `npm run dist` left in release/.
 */
import { runInTerminal, runScript, toolPath } from './command.ts';

await runScript(() => {
  process.env.TEST_PACKAGE = process.argv.includes('--as-built') ? 'as-built' : 'made';
  return runInTerminal(toolPath('vitest'), ['run', '--project', 'package']);
});
