/**
 * The window in a plain browser, over made-up data: `npx vite`, then open /dev/. `?empty` starts with an empty store.
 * The production bundle starts from renderer/index.html and never reaches this folder.
 */
import { memoryBridge } from './memory-bridge.ts';

const empty = new URLSearchParams(location.search).has('empty');
Object.defineProperty(window, 'workstation', { value: memoryBridge({ empty }) });
await import('../main.ts');
