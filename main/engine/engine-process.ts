/** Entry of the engine process, which owns onnxruntime. */
import { serveTasks } from '../process/child.ts';
import { createEngineHandlers } from './handlers.ts';

serveTasks(process.parentPort, createEngineHandlers());
