/** The operating system's key store through Electron: the keychain on macOS, GNOME Keyring or KWallet on Linux. */
import { app, safeStorage } from 'electron';
import type { SystemKeys } from '../services/vault.ts';

/** What Electron 33, which tests fall back to, does not have yet. */
type Asynchronous = Partial<
  Pick<typeof safeStorage, 'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync'>
>;

/** Must run after the application is ready. Never Linux's `basic_text`, whose key stands in Chromium's source. */
export async function systemKeys(): Promise<SystemKeys> {
  await app.whenReady();
  const newer: Asynchronous = safeStorage;
  const backend = process.platform === 'linux' ? safeStorage.getSelectedStorageBackend() : process.platform;
  const protects = backend !== 'basic_text' && backend !== 'unknown';
  const available =
    protects && (newer.isAsyncEncryptionAvailable ? await newer.isAsyncEncryptionAvailable() : isAvailable());
  return {
    name: available ? backend : null,
    protect: async (secret) => await (newer.encryptStringAsync?.(secret) ?? safeStorage.encryptString(secret)),
    reveal: async (secret) => {
      const bytes = Buffer.from(secret);
      if (!newer.decryptStringAsync) return safeStorage.decryptString(bytes);
      return (await newer.decryptStringAsync(bytes)).result;
    },
  };
}

const isAvailable = () => safeStorage.isEncryptionAvailable();
