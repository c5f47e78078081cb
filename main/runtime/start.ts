/** `npm start`: the workstation in its window, or the demo where there is no display. */
import { projectRoot, runScript, say } from './command.ts';
import { hasDisplay } from './display.ts';
import { runCommandLine, runWindow } from './launch.ts';

await runScript(() => {
  const args = process.argv.slice(2);
  if (hasDisplay()) return runWindow(args);
  say('There is no display here, so the demo runs without a window instead (the same as: npm run demo).');
  return runCommandLine(['demo', ...args], { cwd: projectRoot });
});
