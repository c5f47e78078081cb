/** Pictures of the screens, kept in docs/screens and compared with what the window draws today. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { projectRoot } from '../../main/runtime/command.ts';
import { testResult } from './pages/pages.ts';

const folder = join(projectRoot, 'docs', 'screens');
/** A channel's difference, of 255, from which on a pixel counts as another one: below lies how edges are smoothed. */
const noticeable = 24;

/**
 * Takes a picture of the window and returns the share of its pixels that differ from the kept one; 1 where there is none
 * of its size. With UPDATE_SCREENS=1 (`npm run screens`) it becomes the kept one: look at it before it is committed.
 */
export async function compareScreen(window: Page, name: string): Promise<number> {
  const taken = await window.screenshot({ animations: 'disabled', caret: 'hide' });
  const kept = join(folder, `${name}.png`);
  if (process.env.UPDATE_SCREENS) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(kept, await sharp(taken).png({ compressionLevel: 9, effort: 10 }).toBuffer());
    return 0;
  }
  writeFileSync(testResult(`screen-${name}.png`), taken);
  return existsSync(kept) ? await difference(taken, kept) : 1;
}

async function difference(taken: Uint8Array, kept: string): Promise<number> {
  const pixelsOf = (picture: Uint8Array | string) =>
    sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const [now, before] = [await pixelsOf(taken), await pixelsOf(kept)];
  if (now.info.width !== before.info.width || now.info.height !== before.info.height) return 1;
  let other = 0;
  for (let at = 0; at < now.data.length; at += 3) {
    const apart = [0, 1, 2].map((channel) => Math.abs(now.data[at + channel]! - before.data[at + channel]!));
    if (Math.max(...apart) > noticeable) other++;
  }
  return other / (now.info.width * now.info.height);
}
