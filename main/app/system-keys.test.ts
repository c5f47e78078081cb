/** Which of Electron's two interfaces the key store is used through, without Electron. */
import { beforeEach, expect, it, vi } from 'vitest';

const electron = vi.hoisted(() => ({
  app: { whenReady: async () => {} },
  safeStorage: {} as Record<string, unknown>,
}));
vi.mock('electron', () => electron);

import { systemKeys } from './system-keys.ts';

const turned = (text: string) => [...text].reverse().join('');
const synchronous = {
  getSelectedStorageBackend: () => 'gnome_libsecret',
  isEncryptionAvailable: () => true,
  encryptString: (text: string) => Buffer.from(`sync ${turned(text)}`),
  decryptString: (bytes: Buffer) => turned(bytes.toString().slice('sync '.length)),
};
const refuse = () => {
  throw new Error('the synchronous interface is not for this version');
};
const asynchronous = {
  getSelectedStorageBackend: () => 'gnome_libsecret',
  isEncryptionAvailable: refuse,
  encryptString: refuse,
  decryptString: refuse,
  isAsyncEncryptionAvailable: async () => true,
  encryptStringAsync: async (text: string) => Buffer.from(`async ${turned(text)}`),
  decryptStringAsync: async (bytes: Buffer) => ({
    result: turned(bytes.toString().slice('async '.length)),
    shouldReEncrypt: false,
  }),
};

beforeEach(() => {
  electron.safeStorage = {};
});

it.each([
  ['the asynchronous one where there is one', asynchronous, 'async '],
  ['the synchronous one of older versions', synchronous, 'sync '],
])('is %s', async (_which, storage, mark) => {
  Object.assign(electron.safeStorage, storage);
  const keys = await systemKeys();
  expect(keys.name).toBe(process.platform === 'linux' ? 'gnome_libsecret' : process.platform);
  const kept = await keys.protect('a secret');
  expect(Buffer.from(kept).toString()).toBe(`${mark}terces a`);
  expect(await keys.reveal(kept)).toBe('a secret');
});

it.runIf(process.platform === 'linux').each([
  ['its key would stand in Chromium', { getSelectedStorageBackend: () => 'basic_text' }],
  ['there is none', { isAsyncEncryptionAvailable: async () => false }],
])('is none where %s', async (_why, change) => {
  Object.assign(electron.safeStorage, asynchronous, change);
  expect((await systemKeys()).name).toBeNull();
});
