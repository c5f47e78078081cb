/** Nodes, receiver and send queue, kept in step with main. */
import type { OwedReplacement, PacsNode, ReceiverState, SendEntry, StudyMatches } from '../../preload/contract/pacs.ts';
import { attempt } from '../design/notices.svelte.ts';
import { call, on } from '../workstation.ts';

class Network {
  nodes: readonly PacsNode[] = $state.raw([]);
  receiver: ReceiverState | null = $state.raw(null);
  queue: readonly SendEntry[] = $state.raw([]);
  owed: readonly OwedReplacement[] = $state.raw([]);
  /** What a node answered last, and which one it was: it stays while other screens are up. */
  answer: (StudyMatches & { readonly node: string }) | null = $state.raw(null);
  loaded = $state(false);

  /** Loads everything and follows changes; returns the way to stop. */
  follow(): () => void {
    void attempt(() => this.#reload());
    return on('data.changed', ({ what }) => {
      if (what === 'network') void attempt(() => this.#reload());
    });
  }

  async #reload(): Promise<void> {
    [this.nodes, this.receiver, this.queue, this.owed] = await Promise.all([
      call('network.nodes'),
      call('network.receiver'),
      call('network.queue'),
      call('network.owed'),
    ]);
    this.loaded = true;
  }
}

export const network = new Network();
