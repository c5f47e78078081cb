/** Entry of the application: `cli` as the first word runs the command line, anything else opens the window. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app } from 'electron';
import { runCommands } from './commands.ts';
import { MEASURE, runMeasuredWindow } from './measured-window.ts';
import { keepQuiet } from './quiet.ts';
import { runWorkstation } from './workstation-window.ts';

const isSwitch = (argument: string) => argument.startsWith('-');

/** What follows the program, Chromium's switches before it, and the application's folder where one is named. */
function ownArguments(): readonly string[] {
  const args = process.argv.slice(1);
  const first = args.findIndex((argument) => !isSwitch(argument));
  // From a checkout the folder comes first: electron [switches] FOLDER [arguments].
  return process.defaultApp ? args.slice(first + 1) : args;
}

keepQuiet();

/** What would let another program drive an installed application. Fuses close the ways of Node, not these of Chromium. */
const DEBUGGING = ['remote-debugging-port', 'remote-debugging-pipe', 'remote-debugging-address'];

// A package brings the addon that fits its runtime; nobody may name another.
if (app.isPackaged) {
  delete process.env.MEDICLIP_SQLITE_BINDING;
  const own = join(process.resourcesPath, 'better_sqlite3.node');
  if (existsSync(own)) process.env.MEDICLIP_SQLITE_BINDING = own;
}

const args = ownArguments();
const command = args.findIndex((argument) => !isSwitch(argument));
if (app.isPackaged && DEBUGGING.some((name) => app.commandLine.hasSwitch(name))) {
  process.stderr.write('The installed application cannot be debugged.\n');
  app.exit(2);
} else if (args[command] === 'cli') void runCommands(args.slice(command + 1));
else if (args[command] === MEASURE) void runMeasuredWindow(args.slice(command + 1));
else void runWorkstation(args).catch(() => app.exit(1));
