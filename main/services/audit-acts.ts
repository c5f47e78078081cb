/** Every kind of act that leaves an entry in the audit trail, and the event of DICOM (PS3.15 A.5.3, CID 400) that it is. */

/** Code, meaning and coding scheme; DCM where none is named. */
export type CodedValue = readonly [code: string, meaning: string, scheme?: 'DCM' | '99MEDICLIP' | 'RFC-3881'];

export const ACTIVITY: CodedValue = ['110100', 'Application Activity'];
export const AUDIT_LOG: CodedValue = ['110101', 'Audit Log Used'];
export const BEGIN: CodedValue = ['110102', 'Begin Transferring DICOM Instances'];
export const ACCESSED: CodedValue = ['110103', 'DICOM Instances Accessed'];
export const TRANSFERRED: CodedValue = ['110104', 'DICOM Instances Transferred'];
export const DELETED: CodedValue = ['110105', 'DICOM Study Deleted'];
export const EXPORT: CodedValue = ['110106', 'Export'];
export const IMPORT: CodedValue = ['110107', 'Import'];
export const QUERY: CodedValue = ['110112', 'Query'];
export const SECURITY: CodedValue = ['110113', 'Security Alert'];
export const AUTHENTICATION: CodedValue = ['110114', 'User Authentication'];
/** What the standard has no event for: failed attempts of any kind, and what concerns no patient and no configuration. */
export const OWN: CodedValue = ['workstation', 'Workstation Activity', '99MEDICLIP'];

/** Types of events that the standard wants told apart (CID 401 to 403). */
const START: CodedValue = ['110120', 'Application Start'];
const STOP: CodedValue = ['110121', 'Application Stop'];
const LOGIN: CodedValue = ['110122', 'Login'];
const LOGOUT: CodedValue = ['110123', 'Logout'];
const NETWORK: CodedValue = ['110128', 'Network Configuration'];
const PROTECTION: CodedValue = ['110129', 'Security Configuration'];
const SOFTWARE: CodedValue = ['110131', 'Software Configuration'];
const USER: CodedValue = ['110137', 'User Security Attributes Changed'];

/** Create, read, update, delete or execute: what the event's table allows. */
type EventAction = 'C' | 'R' | 'U' | 'D' | 'E';

export type EventOfAct = readonly [event: CodedValue, action: EventAction, type?: CodedValue];

export const ACTS = {
  'app.start': [ACTIVITY, 'E', START],
  'app.stop': [ACTIVITY, 'E', STOP],
  // Views
  'study.view': [ACCESSED, 'R'],
  'finding.compare': [ACCESSED, 'R'],
  'data-folder.open': [OWN, 'R'],
  // What becomes of images
  import: [IMPORT, 'C'],
  'analysis.outside': [ACCESSED, 'R'],
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
  'model.export': [OWN, 'R'],
  'calibration.export': [OWN, 'R'],
  'calibration.card': [OWN, 'R'],
  'reference-set.export': [OWN, 'R'],
  'support.export': [OWN, 'R'],
  deidentify: [OWN, 'R'],
  // Transfers
  'network.echo': [OWN, 'E'],
  'network.find': [QUERY, 'E'],
  'network.retrieve': [TRANSFERRED, 'C'],
  'network.receive': [TRANSFERRED, 'C'],
  'network.queue': [BEGIN, 'E'],
  'network.requeue': [OWN, 'E'],
  'network.unqueue': [OWN, 'D'],
  'network.forget-owed': [OWN, 'D'],
  'network.send': [TRANSFERRED, 'C'],
  // Configuration
  'network.node': [SECURITY, 'E', NETWORK],
  'network.node-removed': [SECURITY, 'E', NETWORK],
  'network.receiver': [SECURITY, 'E', NETWORK],
  'policy.change': [SECURITY, 'E', PROTECTION],
  'window.lock': [AUTHENTICATION, 'E', LOGOUT],
  'window.unlock': [AUTHENTICATION, 'E', LOGIN],
  'window.lock-after': [SECURITY, 'E', PROTECTION],
  'reader.name': [SECURITY, 'E', USER],
  'model.import': [SECURITY, 'E', SOFTWARE],
  'model.remove': [SECURITY, 'E', SOFTWARE],
  'reference-set.check': [OWN, 'R'],
  'reference-set.create': [SECURITY, 'E', SOFTWARE],
  'calibration.create': [SECURITY, 'E', SOFTWARE],
  'calibration.activate': [SECURITY, 'E', SOFTWARE],
  'calibration.amend': [SECURITY, 'E', SOFTWARE],
  'calibration.retire': [SECURITY, 'E', SOFTWARE],
  'calibration.null-baseline': [OWN, 'R'],
  'calibration.compare': [OWN, 'R'],
  'calibration.import': [SECURITY, 'E', SOFTWARE],
  'calibration.discard': [SECURITY, 'E', SOFTWARE],
  'protocol.save': [SECURITY, 'E', SOFTWARE],
  'protocol.remove': [SECURITY, 'E', SOFTWARE],
  'template.save': [SECURITY, 'E', SOFTWARE],
  'template.remove': [SECURITY, 'E', SOFTWARE],
  // The store itself
  'database.backup': [OWN, 'E'],
  'database.restore': [SECURITY, 'E', SOFTWARE],
  'database.upgrade': [SECURITY, 'E', SOFTWARE],
  'store.sweep': [OWN, 'D'],
  'study.remove': [DELETED, 'D'],
  'store.encrypt': [SECURITY, 'E', PROTECTION],
  'store.decrypt': [SECURITY, 'E', PROTECTION],
  'store.passphrase': [SECURITY, 'E', PROTECTION],
  'audit.verify': [AUDIT_LOG, 'R'],
  'audit.export': [AUDIT_LOG, 'R'],
} as const satisfies Readonly<Record<string, EventOfAct>>;

export type Act = keyof typeof ACTS;

/** Attempts that failed before they came to an act of their own: a call of the window, a job, a command. */
export type Attempt = `call.${string}` | `job.${string}` | `cli.${string}`;

/** The event of an entry; of failed attempts, and of what an older version wrote, one of our own. */
export function eventOf(action: string): EventOfAct {
  return Object.hasOwn(ACTS, action) ? ACTS[action as Act] : [OWN, 'E'];
}
