/** The licences of what is inside: a package brings their texts among its resources. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { app } from 'electron';
import { Fault } from '../fault.ts';

/** @throws Fault `not-found` in a checkout */
export function licenceTexts(): string {
  const path = join(process.resourcesPath, 'third-party-licences.txt');
  if (!app.isPackaged || !existsSync(path))
    throw new Fault('not-found', 'This is no package: the licences of what is inside lie in node_modules.');
  return readFileSync(path, 'utf8');
}
