/** The nodes that this workstation may talk to. Without one it talks to nobody. */
import { type PacsNode, pacsNodeSchema } from '../../preload/contract/pacs.ts';
import { Fault } from '../fault.ts';
import { deleteNode, getNode, listNodes, saveNode } from '../store/network.ts';
import { requireNetwork, requireOwnNodes } from './policy.ts';
import { record, type Workstation } from './workstation.ts';

export function allNodes({ store, policy }: Workstation): readonly PacsNode[] {
  return policy.network === false ? [] : listNodes(store.db);
}

/** The node to be talked to. @throws Fault `not-found`, `not-allowed` where the administrator switched the network off */
export function nodeToUse({ store, policy }: Workstation, name: string): PacsNode {
  requireNetwork(policy);
  return getNode(store.db, name);
}

/**
 * Adds a node or changes the one of that name.
 * @throws Fault `usage` where it is not described rightly, `not-allowed` where the administrator has set the nodes
 */
export function configureNode(station: Workstation, node: unknown): PacsNode {
  requireOwnNodes(station.policy);
  const parsed = pacsNodeSchema.safeParse(node);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Fault('usage', `The node's ${issue?.path.join('.') || 'description'} is wrong: ${issue?.message}`);
  }
  const { db } = station.store;
  db.transaction(() => {
    saveNode(db, parsed.data);
    record(station, 'network.node', parsed.data.name, { ...parsed.data });
  });
  return parsed.data;
}

/** @throws Fault `not-found`, `not-allowed` where objects wait to be sent to it */
export function removeNode(station: Workstation, name: string): void {
  requireOwnNodes(station.policy);
  const { db } = station.store;
  db.transaction(() => {
    deleteNode(db, name);
    record(station, 'network.node-removed', name);
  });
}
