/** `npm run build`: brings dist/ up to date. */
import { ensureBuilt } from './bundle.ts';
import { runScript } from './command.ts';

await runScript(async () => {
  await ensureBuilt(['main', 'preload', 'renderer']);
  return 0;
});
