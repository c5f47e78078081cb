/** Encryption of the data folder. */
import {
  changePassphrase,
  decryptFolder,
  encryptFolder,
  readPassphrase,
  unlockByPassphrase,
} from '../services/vault.ts';
import type { Command } from './command.ts';

const string = { type: 'string' } as const;

const encrypt: Command = {
  usage: '--passphrase-file FILE [--system-keys]',
  does: 'encrypts the database and all stored files; close the window first. --system-keys: opens by itself for this user',
  options: { 'system-keys': { type: 'boolean' } },
  takes: [0, 0],
  async run({ tools, dataFolder, host, options, job }) {
    const passphrase = readPassphrase(options.required('passphrase-file'));
    // Chromium keeps what opens it in its profile there, and the command line has a new one each time.
    if (options.flag('system-keys') && process.platform === 'win32')
      options.refuse('On Windows the passphrase opens a data folder alone. Leave --system-keys out.');
    const system = options.flag('system-keys') ? await host.systemKeys() : null;
    await encryptFolder(tools, dataFolder, passphrase, system, job);
    host.print(JSON.stringify({ ok: true, encrypted: true, systemKeys: system?.name ?? null }));
    host.log(
      'Backups in the folder of the policy are encrypted when the next one is made. Remove copies that "db backup" made before, and what was exported.',
    );
    return undefined;
  },
};

const decrypt: Command = {
  usage: '--passphrase-file FILE',
  does: 'takes the encryption off again; close the window first',
  options: {},
  takes: [0, 0],
  async run({ tools, dataFolder, host, options, job }) {
    const key = await unlockByPassphrase(dataFolder, readPassphrase(options.required('passphrase-file')));
    await decryptFolder(tools, dataFolder, key, job);
    host.print(JSON.stringify({ ok: true, encrypted: false }));
    return undefined;
  },
};

const passphrase: Command = {
  usage: '--passphrase-file FILE --new-passphrase-file FILE',
  does: 'another passphrase for an encrypted data folder; earlier backups keep the old one',
  options: { 'new-passphrase-file': string },
  takes: [0, 0],
  async run({ tools, dataFolder, host, options }) {
    const key = await unlockByPassphrase(dataFolder, readPassphrase(options.required('passphrase-file')));
    await changePassphrase(tools, dataFolder, key, readPassphrase(options.required('new-passphrase-file')));
    host.print(JSON.stringify({ ok: true }));
    return undefined;
  },
};

export const vaultCommands: Readonly<Record<string, Command>> = {
  'db encrypt': encrypt,
  'db decrypt': decrypt,
  'db passphrase': passphrase,
};
