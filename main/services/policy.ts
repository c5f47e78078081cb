/** The administrator's policy: read once at the start, kept by the services, shown in the window. */
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { type Policy, policySchema } from '../../preload/contract/policy.ts';
import { Fault } from '../fault.ts';
import { type BackupPlan, DEFAULT_PLAN } from './backup.ts';
import { listModels, type ModelFolders } from './models.ts';

/**
 * Reads the policy; without a file nothing is settled.
 * @throws Fault `bad-policy` with what is wrong: a policy that cannot be read must not be taken for none
 */
export function readPolicy(path: string | null): Policy {
  if (path === null || !existsSync(path)) return {};
  const refuse = (sentence: string, cause?: unknown): never => {
    throw new Fault('bad-policy', `The administrator's policy is not valid: ${sentence}`, { path, cause });
  };
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    return refuse('it cannot be read as JSON.', thrown);
  }
  const parsed = policySchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('.') ?? '';
    return refuse(`${place === '' ? '' : `${place}: `}${issue?.message ?? 'unknown'}.`.replace(/\.\.$/, '.'));
  }
  const { folder } = parsed.data.backup ?? {};
  if (folder !== undefined && !isAbsolute(folder)) refuse('backup.folder has to be an absolute path.');
  return parsed.data;
}

/** @throws Fault `not-allowed` where the policy names another model */
export function requireModel({ model }: Policy, name: string): void {
  if (model !== undefined && model !== name)
    throw new Fault('not-allowed', `Your administrator allows calibration with the model "${model}" only.`);
}

/** What of the policy cannot be kept on this machine, as sentences. */
export async function policyProblems({ model }: Policy, folders: ModelFolders): Promise<readonly string[]> {
  if (model === undefined) return [];
  const names = (await listModels(folders)).map(({ name }) => name);
  if (names.includes(model)) return [];
  const installed = names.length === 0 ? 'none' : names.join(', ');
  return [
    `The administrator's policy allows calibration with the model "${model}" only, which is not installed (installed: ${installed}). Import it, or correct the policy.`,
  ];
}

/** Before anything connects or listens. @throws Fault `not-allowed` */
export function requireNetwork({ network }: Policy): void {
  if (network === false) throw new Fault('not-allowed', 'Your administrator has switched the network off.');
}

/** Before a node is added, changed or removed. @throws Fault `not-allowed` */
export function requireOwnNodes(policy: Policy): void {
  requireNetwork(policy);
  if (policy.nodes !== undefined) throw new Fault('not-allowed', 'Your administrator has set the nodes.');
}

export function backupPlan({ backup = {} }: Policy): BackupPlan {
  const { folder = DEFAULT_PLAN.folder, everyHours = DEFAULT_PLAN.everyHours, keep = DEFAULT_PLAN.keep } = backup;
  return { folder, everyHours, keep };
}
