/** The product's own measurements. */
import { runSuite, suites } from '../bench/suites.ts';
import type { Command } from './command.ts';

const names = Object.keys(suites);

const bench: Command = {
  usage: `[--suite ${names.join('|')}] [--model M]... [--quick]`,
  does: 'speed and memory on this machine; without --suite all suites, a line of JSON each',
  options: { suite: { type: 'string' }, model: { type: 'string', multiple: true }, quick: { type: 'boolean' } },
  takes: [0, 0],
  async run({ options, tools, host, job }) {
    const chosen = options.oneOf('suite', names);
    const context = {
      tools,
      job,
      quick: options.flag('quick'),
      models: options.texts('model'),
      measureWindow: host.measureWindow,
    };
    for (const name of chosen === undefined ? names : [chosen])
      host.print(JSON.stringify(await runSuite(name, context)));
    return undefined;
  },
};

export const benchCommands: Readonly<Record<string, Command>> = { bench };
