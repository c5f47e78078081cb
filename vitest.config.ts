import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const endToEnd = {
  globalSetup: ['tests/support/setup.ts'],
  testTimeout: 240_000,
  hookTimeout: 120_000,
  // The window answers when it can: on a busy machine a second is not enough.
  expect: { poll: { timeout: 20_000 } },
  // One window at a time: each runs an engine that uses all cores.
  fileParallelism: false,
};

/**
 * `npx vitest run main/method` runs one room; `--project end-to-end` the tests in the real window, `--project package`
 * those of the packages, which it makes first.
 */
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [svelte()],
        test: {
          name: 'unit',
          include: ['{main,preload,renderer,models}/**/*.test.ts'],
          testTimeout: 60_000,
          expect: { poll: { timeout: 20_000 } },
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...endToEnd,
          name: 'end-to-end',
          include: ['tests/e2e/**/*.e2e.ts'],
          sequence: { groupOrder: 2 },
        },
      },
      { test: { ...endToEnd, name: 'package', include: ['tests/package/*.e2e.ts'], sequence: { groupOrder: 3 } } },
    ],
  },
});
