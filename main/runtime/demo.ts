/** `npm run demo`: the whole job on the demo studies without a window; results land in demo-output/ of the checkout. */
import { projectRoot, runScript } from './command.ts';
import { runCommandLine } from './launch.ts';

await runScript(() => runCommandLine(['demo', ...process.argv.slice(2)], { cwd: projectRoot }));
