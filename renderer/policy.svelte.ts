/** What the administrator has settled for this machine; the window shows it and offers nothing else. */
import type { ModelRow } from '../preload/contract/model.ts';
import type { Policy } from '../preload/contract/policy.ts';
import { notices } from './design/notices.svelte.ts';
import { language } from './language/language.svelte.ts';
import { translated } from './language/main-words.ts';
import { call } from './workstation.ts';

class AdministratorsPolicy {
  settled: Policy = $state.raw({});

  async load(): Promise<void> {
    this.settled = await call('app.policy');
    if (this.settled.language) language.settle(this.settled.language);
    for (const problem of await call('app.policyProblems')) notices.problem(translated(problem));
  }

  /** The models that may be calibrated. */
  allowed(rows: readonly ModelRow[]): readonly ModelRow[] {
    const { model } = this.settled;
    return model === undefined ? rows : rows.filter(({ name }) => name === model);
  }
}

export const policy = new AdministratorsPolicy();
