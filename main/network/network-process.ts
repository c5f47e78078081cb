/** Entry of the network process: the only one that opens sockets, so that no peer can do harm to anything else. */
import { serveTasks } from '../process/child.ts';
import { networkHandlers } from './handlers.ts';

serveTasks(process.parentPort, networkHandlers);
