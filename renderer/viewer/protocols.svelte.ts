/** Hanging protocols: which one a study asks for, and how they are kept. */
import type { StudyRow } from '../../preload/contract/model.ts';
import type { HangingProtocol } from '../../preload/contract/reading-room.ts';
import { attempt } from '../design/notices.svelte.ts';
import { call } from '../workstation.ts';
import { protocolFor } from './protocol-choice.ts';

class Protocols {
  list: readonly HangingProtocol[] = $state.raw([]);

  async load(): Promise<void> {
    this.list = (await attempt(() => call('protocols.list'))) ?? this.list;
  }

  /** The one that fits a study best, as main has them now. */
  async for(study: Pick<StudyRow, 'modalities' | 'bodyParts'>): Promise<HangingProtocol | undefined> {
    await this.load();
    return protocolFor(this.list, study);
  }

  async save(protocol: HangingProtocol): Promise<boolean> {
    const list = await attempt(() => call('protocols.save', protocol));
    if (list) this.list = list;
    return list !== undefined;
  }

  async remove(id: string): Promise<void> {
    this.list = (await attempt(() => call('protocols.remove', id))) ?? this.list;
  }
}

export const protocols = new Protocols();
