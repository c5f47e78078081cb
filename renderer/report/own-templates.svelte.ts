/** Report templates that were saved on this workstation. */
import type { ReportTemplate } from '../../preload/contract/reading-room.ts';
import { attempt } from '../design/notices.svelte.ts';
import { call } from '../workstation.ts';

class OwnTemplates {
  list: readonly ReportTemplate[] = $state.raw([]);

  async load(): Promise<void> {
    this.list = (await attempt(() => call('templates.list'))) ?? this.list;
  }

  /** Replaces one of the same name. */
  async save(template: ReportTemplate): Promise<boolean> {
    const list = await attempt(() => call('templates.save', template));
    if (list) this.list = list;
    return list !== undefined;
  }

  async remove(id: string): Promise<void> {
    this.list = (await attempt(() => call('templates.remove', id))) ?? this.list;
  }
}

export const ownTemplates = new OwnTemplates();
