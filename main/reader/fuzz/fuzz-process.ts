/** The child of the fuzzer. */
import { writeFileSync } from 'node:fs';
import { serveTasks } from '../../process/child.ts';
import type { TaskHandlers, ToChild } from '../../process/tasks.ts';
import { examineOne, mutatedInput } from './examine.ts';
import type { FuzzTasks, Verdict } from './fuzz-tasks.ts';

const handlers: TaskHandlers<FuzzTasks> = {
  async examine(input, { progress }) {
    const verdicts: Verdict[] = [];
    for (let index = input.from; index < input.to; index += 1) {
      progress(index);
      verdicts.push(await examineOne(input, index));
    }
    return { verdicts, peakBytes: process.resourceUsage().maxRSS * 1024 };
  },
  async reproduce({ index, out, ...input }) {
    const { name, bytes } = await mutatedInput(input, index);
    writeFileSync(out, bytes);
    return { name };
  },
};

serveTasks<FuzzTasks>(
  {
    on: (_, listener) => process.on('message', (data) => listener({ data: data as ToChild })),
    postMessage: (message) => process.send?.(message),
  },
  handlers,
);
