/** Every kind of act that leaves an entry in the audit trail, and the event of DICOM (PS3.15 A.5.3, CID 400) that it is. */

/** DCM code and meaning. */
type Event = readonly [code: string, meaning: string];
const ACTIVITY: Event = ['110100', 'Application Activity'];
const AUDIT_LOG: Event = ['110101', 'Audit Log Used'];
const BEGIN: Event = ['110102', 'Begin Transferring DICOM Instances'];
const ACCESSED: Event = ['110103', 'DICOM Instances Accessed'];
const TRANSFERRED: Event = ['110104', 'DICOM Instances Transferred'];
const EXPORT: Event = ['110106', 'Export'];
const IMPORT: Event = ['110107', 'Import'];
const QUERY: Event = ['110112', 'Query'];
/** Also whatever changes the configuration (A.5.3.11). */
const SECURITY: Event = ['110113', 'Security Alert'];

/** Create, read, update, delete or execute. */
type EventAction = 'C' | 'R' | 'U' | 'D' | 'E';

export const ACTS = {
  'app.start': [ACTIVITY, 'E'],
  'app.stop': [ACTIVITY, 'E'],
  // Views
  'study.view': [ACCESSED, 'R'],
  'finding.compare': [ACCESSED, 'R'],
  'data-folder.open': [ACCESSED, 'R'],
  // What becomes of images
  import: [IMPORT, 'C'],
  'analysis.outside': [ACCESSED, 'E'],
  'analysis.create': [ACCESSED, 'C'],
  'annotation.put': [ACCESSED, 'U'],
  'annotation.remove': [ACCESSED, 'U'],
  // Decisions and signatures
  'finding.decide': [ACCESSED, 'U'],
  'finding.add': [ACCESSED, 'U'],
  'finding.reshape': [ACCESSED, 'U'],
  'finding.link': [ACCESSED, 'U'],
  'finding.remove': [ACCESSED, 'U'],
  'report.save': [ACCESSED, 'U'],
  'report.sign': [ACCESSED, 'U'],
  'report.addendum': [ACCESSED, 'U'],
  'case.confirm': [ACCESSED, 'U'],
  'case.withdraw': [ACCESSED, 'U'],
  // What leaves
  'results.make': [ACCESSED, 'C'],
  'results.export': [EXPORT, 'R'],
  'report.export': [EXPORT, 'R'],
  'report.print': [EXPORT, 'R'],
  'model.export': [EXPORT, 'R'],
  'calibration.export': [EXPORT, 'R'],
  'reference-set.export': [EXPORT, 'R'],
  'support.export': [EXPORT, 'R'],
  deidentify: [EXPORT, 'R'],
  // Transfers
  'network.echo': [ACTIVITY, 'E'],
  'network.find': [QUERY, 'E'],
  'network.retrieve': [TRANSFERRED, 'C'],
  'network.receive': [TRANSFERRED, 'C'],
  'network.queue': [BEGIN, 'E'],
  'network.requeue': [BEGIN, 'E'],
  'network.unqueue': [BEGIN, 'D'],
  'network.forget-owed': [BEGIN, 'D'],
  'network.send': [TRANSFERRED, 'R'],
  // Configuration
  'network.node': [SECURITY, 'U'],
  'network.node-removed': [SECURITY, 'D'],
  'network.receiver': [SECURITY, 'U'],
  'policy.change': [SECURITY, 'U'],
  'window.lock': [SECURITY, 'E'],
  'window.unlock': [SECURITY, 'E'],
  'window.lock-after': [SECURITY, 'U'],
  'reader.name': [SECURITY, 'U'],
  'model.import': [SECURITY, 'C'],
  'model.remove': [SECURITY, 'D'],
  'reference-set.check': [ACCESSED, 'R'],
  'reference-set.create': [SECURITY, 'C'],
  'calibration.create': [SECURITY, 'C'],
  'calibration.activate': [SECURITY, 'U'],
  'calibration.amend': [SECURITY, 'U'],
  'calibration.retire': [SECURITY, 'U'],
  'calibration.null-baseline': [ACCESSED, 'R'],
  'calibration.compare': [ACCESSED, 'R'],
  'calibration.import': [SECURITY, 'C'],
  'calibration.discard': [SECURITY, 'D'],
  'protocol.save': [SECURITY, 'U'],
  'protocol.remove': [SECURITY, 'D'],
  'template.save': [SECURITY, 'U'],
  'template.remove': [SECURITY, 'D'],
  // The store itself
  'database.backup': [ACTIVITY, 'E'],
  'database.restore': [SECURITY, 'U'],
  'database.upgrade': [SECURITY, 'U'],
  'store.sweep': [ACTIVITY, 'D'],
  'study.remove': [ACTIVITY, 'D'],
  'store.encrypt': [SECURITY, 'U'],
  'store.decrypt': [SECURITY, 'U'],
  'store.passphrase': [SECURITY, 'U'],
  'audit.verify': [AUDIT_LOG, 'R'],
  'audit.export': [AUDIT_LOG, 'R'],
} as const satisfies Readonly<Record<string, readonly [Event, EventAction]>>;

export type Act = keyof typeof ACTS;

/** Attempts that failed before they came to an act of their own: a call of the window, a job, a command. */
export type Attempt = `call.${string}` | `job.${string}` | `cli.${string}`;

/** Event and action of an entry; of failed attempts, and of what an older version wrote, that the application did something. */
export function eventOf(action: string): readonly [Event, EventAction] {
  return Object.hasOwn(ACTS, action) ? ACTS[action as Act] : [ACTIVITY, 'E'];
}
