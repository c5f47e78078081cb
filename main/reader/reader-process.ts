/** Entry of the reader process: it parses what came from outside, so it may die without harm to anything else. */
import { serveTasks } from '../process/child.ts';
import { readerHandlers } from './handlers.ts';

serveTasks(process.parentPort, readerHandlers);
