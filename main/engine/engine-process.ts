/** Entry of the engine process, which owns onnxruntime. */
import { serveTasks } from '../process/child.ts';
import { createEngineHandlers } from './handlers.ts';
import { sessionOpener, WRONG_PROVIDER_VARIABLE } from './wrong-provider.ts';

serveTasks(process.parentPort, createEngineHandlers(sessionOpener(process.env[WRONG_PROVIDER_VARIABLE])));
