/** `npm run -s cli -- <command> ...`: the command line of the product, from a checkout. */
import { runScript } from './command.ts';
import { runCommandLine } from './launch.ts';

// npm runs scripts in the checkout; the paths on the command line are meant from where the person stands.
const calledFrom = process.env.npm_lifecycle_event === 'cli' ? process.env.INIT_CWD : undefined;

await runScript(() => runCommandLine(process.argv.slice(2), { cwd: calledFrom ?? process.cwd() }));
