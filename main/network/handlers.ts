/** What the network process does. Tests run these handlers in their own process. */
import { Fault } from '../fault.ts';
import type { TaskHandlers } from '../process/tasks.ts';
import { ping, queryForStudies, retrieveByWado, storeByStow } from './dicomweb.ts';
import { echo, findStudies, sendFiles } from './dimse.ts';
import { retrieveByDimse } from './dimse-retrieve.ts';
import { receive } from './receivers.ts';
import type { NetworkTasks } from './tasks.ts';

export const networkHandlers: TaskHandlers<NetworkTasks> = {
  async echo({ node }, { signal }) {
    const started = performance.now();
    await (node.kind === 'dimse' ? echo(node, signal) : ping(node, signal));
    return { ms: Math.round(performance.now() - started) };
  },
  find: async ({ node, query, limit }, { signal }) =>
    node.kind === 'dimse'
      ? await findStudies(node, query, limit, signal)
      : await queryForStudies(node, query, limit, signal),
  async retrieve(input, { signal, progress }) {
    const { node } = input;
    if (!/^[0-9.]{1,64}$/.test(input.studyInstanceUid))
      throw new Fault('usage', 'A study is named by its Study Instance UID.');
    const instances =
      node.kind === 'dimse'
        ? await retrieveByDimse(node, input, { signal, onProgress: progress })
        : await retrieveByWado(node, input, signal, progress);
    return { instances };
  },
  async send({ node, files }, { signal, progress }) {
    await (node.kind === 'dimse'
      ? sendFiles(node, files, signal, progress)
      : storeByStow(node, files, signal, progress));
    return null;
  },
  async receive(input, { signal, progress }) {
    await receive(input, signal, progress);
    return null;
  },
};
