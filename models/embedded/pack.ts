/**
 * Packs what `train.py --export` wrote: hf/ becomes pack/, the folder that the application ships.
 * Usage: node models/embedded/pack.ts
 */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { importModel } from '../../main/modelpack/import.ts';

const here = import.meta.dirname;
const made = await importModel(join(here, 'hf'), {
  targetFolder: join(here, '.packing'),
  name: 'embedded',
  precision: 'float16',
  licence: 'Apache-2.0',
});
await rm(join(here, 'pack'), { recursive: true, force: true });
await rename(made.folder, join(here, 'pack'));
await rm(join(here, '.packing'), { recursive: true });
console.log(`pack/ holds ${made.identity}.`);
