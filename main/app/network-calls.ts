/** The contract's calls about the network. */
import type { NetworkCallResults } from '../../preload/contract/pacs.ts';
import type { NetworkLife } from '../services/network-life.ts';
import { allNodes, configureNode, removeNode } from '../services/nodes.ts';
import { forgetOwed, hurryReplacements, owedReplacements } from '../services/retractions.ts';
import { enqueueStudy, sendAgain, sendQueue, takeFromQueue } from '../services/send-queue.ts';
import { findRemoteStudies, saveReceiverSettings, testNode } from '../services/transfers.ts';
import type { Workstation } from '../services/workstation.ts';
import type { Calls } from './ipc.ts';

export function networkCalls(station: Workstation, network: NetworkLife): Pick<Calls, keyof NetworkCallResults> {
  return {
    'network.nodes': () => allNodes(station),
    'network.saveNode': async (node) => {
      const saved = configureNode(station, node);
      await network.nodesChanged();
      return saved;
    },
    'network.removeNode': async (name) => {
      removeNode(station, name);
      await network.nodesChanged();
    },
    'network.testNode': (name) => testNode(station, name),
    'network.find': (name, query) => findRemoteStudies(station, name, query),
    'network.retrieve': (request) => network.retrieve(request),
    'network.receiver': () => network.receiver(),
    'network.saveReceiver': async (settings) => {
      saveReceiverSettings(station, settings);
      await network.nodesChanged();
      return network.receiver();
    },
    'network.queue': () => sendQueue(station),
    'network.owed': () => owedReplacements(station),
    'network.replaceNow': () => {
      hurryReplacements(station);
      network.queueChanged();
    },
    'network.forgetOwed': (owed) => {
      forgetOwed(station, owed);
      network.queueChanged();
    },
    'network.sendStudy': ({ studyInstanceUid, node }) => {
      const { length } = enqueueStudy(station, studyInstanceUid, node);
      network.queueChanged();
      return length;
    },
    'network.sendAgain': (id) => {
      sendAgain(station, id);
      network.queueChanged();
    },
    'network.takeFromQueue': (id) => {
      takeFromQueue(station, id);
      network.queueChanged();
    },
  };
}
