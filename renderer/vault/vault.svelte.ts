/** Whether the window is locked, and whether it was ever open. */
import type { VaultState } from '../../preload/contract/model.ts';
import { call, on } from '../workstation.ts';

class Vault {
  state: VaultState | null = $state.raw(null);
  /** Once it was unlocked the screens stay where they are, behind the lock. */
  entered: boolean = $state(false);

  get locked(): boolean {
    return this.state?.locked === true;
  }

  /** Returns its own way to stop. */
  follow(): () => void {
    void this.#load();
    return on('vault.changed', () => void this.#load());
  }

  /** @throws FaultError where the passphrase is wrong */
  async unlock(passphrase: string): Promise<void> {
    await call('vault.unlock', passphrase);
    await this.#load();
  }

  async lock(): Promise<void> {
    await call('vault.lock');
  }

  async lockAfter(minutes: number): Promise<void> {
    await call('vault.lockAfter', minutes);
    await this.#load();
  }

  async #load(): Promise<void> {
    this.state = await call('vault.state');
    if (!this.state.locked) this.entered = true;
  }
}

export const vault = new Vault();
