/** The receiver of this process, shared by pushes and by what is fetched with C-MOVE. */
import { renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DimseNode, ReceiverSettings } from '../../preload/contract/pacs.ts';
import { unreachable } from './peer-faults.ts';
import { openReceiver, type Receiver } from './receiver.ts';
import type { NetworkTasks, ReceiverEvent } from './tasks.ts';

/** What a C-MOVE waits for: associations from its node belong to it while it runs. */
interface Expectation {
  readonly folders: string[];
  instances: number;
  cut: boolean;
}
const expectations = new Map<string, Expectation>();

let standing: Promise<Receiver> | null = null;

/** Listens until the signal fires. @throws Fault as openReceiver */
export async function receive(
  { settings, callers, inbox }: NetworkTasks['receive']['input'],
  signal: AbortSignal,
  tell: (event: ReceiverEvent) => void,
): Promise<void> {
  const titles = new Set(callers.map(({ aeTitle }) => aeTitle));
  const isCaller = (title: string) => titles.has(title);
  const opening = openReceiver(settings, { inbox, isCaller, tell: (event) => deliver(event, tell) });
  standing = opening;
  try {
    const receiver = await opening;
    tell({ kind: 'listening', port: receiver.port });
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await receiver.close();
  } finally {
    if (standing === opening) standing = null;
  }
}

function deliver(event: ReceiverEvent, tell: (event: ReceiverEvent) => void): void {
  const expectation = event.kind === 'received' || event.kind === 'cut' ? expectations.get(event.caller) : undefined;
  if (!expectation) tell(event);
  else if (event.kind === 'cut') expectation.cut = true;
  else if (event.kind === 'received') {
    expectation.folders.push(event.folder);
    expectation.instances += event.instances;
  }
}

export interface Expected {
  /** Whether associations of the node are still open. */
  isOpen(): boolean;
  /** Moves what arrived into the folder, and returns how many instances that is. @throws Fault where one was cut off */
  collect(): number;
  /** Throws away what was not collected. */
  end(): Promise<void>;
}

/**
 * Takes what a node sends from now on, for a folder. Opens a receiver of its own where none stands.
 * @throws Fault as openReceiver; `peer-unreachable` while another study comes from the same node
 */
export async function expectFrom(node: DimseNode, settings: ReceiverSettings, folder: string): Promise<Expected> {
  if (expectations.has(node.aeTitle))
    throw unreachable(node.name, 'is already moving a study here. Wait for it to end.');
  const expectation: Expectation = { folders: [], instances: 0, cut: false };
  expectations.set(node.aeTitle, expectation);
  const own = standing ? null : openOwn(node, settings, folder);
  const receiver = await (own ?? standing)?.catch((thrown) => {
    expectations.delete(node.aeTitle);
    throw thrown;
  });
  return {
    isOpen: () => (receiver?.openFrom(node.aeTitle) ?? 0) > 0,
    collect: () => {
      if (expectation.cut) throw unreachable(node.name, 'was cut off while it sent. Nothing was imported.');
      for (const arrived of expectation.folders.splice(0)) renameSync(arrived, join(folder, basename(arrived)));
      return expectation.instances;
    },
    end: async () => {
      expectations.delete(node.aeTitle);
      for (const left of expectation.folders) rmSync(left, { recursive: true, force: true });
      if (own) await receiver?.close();
    },
  };
}

async function openOwn(node: DimseNode, settings: ReceiverSettings, inbox: string): Promise<Receiver> {
  const isCaller = (title: string) => title === node.aeTitle;
  return await openReceiver(settings, { inbox, isCaller, tell: (event) => deliver(event, () => {}) });
}
