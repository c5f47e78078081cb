import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Policy } from '../../preload/contract/policy.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { diagnose } from './about.ts';
import { calibrateImages } from './calibration.ts';
import { allNodes, configureNode, removeNode } from './nodes.ts';
import { backupPlan, readPolicy } from './policy.ts';
import { openWorkstation } from './workstation.ts';

const NODE = {
  kind: 'dimse',
  name: 'archive',
  host: 'archive.example',
  port: 104,
  aeTitle: 'ARCHIVE',
  callingAeTitle: 'MEDICLIP',
  retrieve: 'get',
  tls: false,
  caFile: '',
  certFile: '',
  keyFile: '',
} as const;

function policyFile(content: unknown): string {
  const path = join(freshFolder(), 'policy.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('the policy file', () => {
  it('settles what it names and nothing else; without one nothing is settled', () => {
    expect(readPolicy(null)).toEqual({});
    expect(readPolicy('/nowhere/policy.json')).toEqual({});
    const policy = readPolicy(policyFile({ model: 'embedded', language: 'de', backup: { folder: '/srv/b', keep: 3 } }));
    expect(policy).toEqual({ model: 'embedded', language: 'de', backup: { folder: '/srv/b', keep: 3 } });
    expect(backupPlan(policy)).toEqual({ folder: '/srv/b', everyHours: 24, keep: 3 });
  });

  it.each([
    ['{ model:', /cannot be read as JSON/],
    [{ modle: 'embedded' }, /modle/],
    [{ language: 'fr' }, /language: /],
    [{ network: 'no' }, /network: /],
    [{ nodes: [{ ...NODE, port: 0 }] }, /nodes\.0\.port: /],
    [{ backup: { keep: 0 } }, /backup\.keep: /],
    [{ backup: { folder: 'backups' } }, /absolute path/],
    [[], /expected object/i],
  ])('%j is refused, never taken for none', (content, says) => {
    const path = policyFile(content);
    expect(() => readPolicy(path)).toThrowError(
      expect.objectContaining({ code: 'bad-policy', path, message: expect.stringMatching(says) }),
    );
  });
});

describe('what the administrator has set', () => {
  it('keeps users from other models', async () => {
    const station = testWorkstation({}, { policy: { model: 'mobilenet' } });
    const settings = { modelName: 'embedded', preset: 'fast', provider: 'cpu', seed: 0, toleratedShare: 0.05 } as const;
    await expect(
      calibrateImages(station, { support: [], heldOut: [], setAside: [] } as never, settings, testJob()),
    ).rejects.toMatchObject({ code: 'not-allowed', message: expect.stringContaining('"mobilenet" only') });
  });

  it('is told of as a problem where the one model that it allows is not there', async () => {
    const { store: _, ...tools } = testWorkstation({}, { policy: { model: 'mobilenet' } });
    const ownPacksFolder = join(import.meta.dirname, '../../models');
    const versions = { electron: '', chromium: '', node: '' };
    const root = freshFolder();
    const problemsWith = async (policy: Policy) =>
      (await diagnose({ ...tools, policy, ownPacksFolder }, root, versions, new AbortController().signal)).problems;
    const [problem, ...others] = (await problemsWith({ model: 'mobilenet' })).filter((one) => one.startsWith('Policy'));
    expect(problem).toMatch(/"mobilenet" only, which is not installed \(installed: embedded\)\. /);
    expect(others).toEqual([]);
    for (const policy of [{}, { model: 'embedded' }])
      expect((await problemsWith(policy)).filter((one) => one.startsWith('Policy'))).toEqual([]);
  });

  it('keeps users from other nodes, and puts its own in the place of those that were there', () => {
    const tools = testWorkstation();
    configureNode(tools, { ...NODE, name: 'of-a-user' });
    tools.store.db.close();
    const station = openWorkstation({ ...tools, policy: { nodes: [NODE] } }, tools.store.folder.root);
    expect(allNodes(station)).toEqual([NODE]);
    expect(() => configureNode(station, { ...NODE, host: 'elsewhere' })).toThrow(
      'Your administrator has set the nodes.',
    );
    expect(() => removeNode(station, 'archive')).toThrow('Your administrator has set the nodes.');
    station.store.db.close();
  });

  it('keeps everyone from the network', () => {
    const station = testWorkstation({}, { policy: { network: false } });
    expect(() => configureNode(station, NODE)).toThrow('Your administrator has switched the network off.');
    expect(allNodes(station)).toEqual([]);
  });
});
