/** `npm run screens`: takes the pictures in docs/screens anew, which the guides show. Look at each before it is committed. */
import { runInTerminal, runScript, toolPath } from '../../main/runtime/command.ts';

await runScript(() => {
  process.env.UPDATE_SCREENS = '1';
  return runInTerminal(toolPath('vitest'), ['run', 'tests/e2e/screens.e2e.ts']);
});
