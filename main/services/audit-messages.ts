/**
 * The audit trail as DICOM audit messages: one for each entry, in one XML file, by the schema of PS3.15 A.5.1 and the table
 * of its event in A.5.3. An entry that cannot name the study that its table asks for is an event of our own. The outcome's description holds number, subject and detail of the entry, so that nothing of the trail is lost.
 */
import type { Device } from '../results/dataset.ts';
import type { AuditEntry } from '../store/audit.ts';
import {
  ACCESSED,
  ACTIVITY,
  type Act,
  AUDIT_LOG,
  AUTHENTICATION,
  BEGIN,
  type CodedValue,
  DELETED,
  EXPORT,
  eventOf,
  IMPORT,
  OWN,
  QUERY,
  SECURITY,
  TRANSFERRED,
} from './audit-acts.ts';

/** Who writes the messages, and what it knows of the images that they are about. */
export interface AuditSource {
  readonly device: Device;
  /** Name of this machine. */
  readonly host: string;
  readonly studyOfInstance: (sopInstanceUid: string) => string | null;
  readonly patientOfStudy: (studyInstanceUid: string) => string | null;
}

export function auditMessages(entries: readonly AuditEntry[], source: AuditSource): string {
  const messages = entries.map((entry) => auditMessage(entry, source));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<AuditMessages>\n${messages.join('\n')}\n</AuditMessages>\n`;
}

function auditMessage(entry: AuditEntry, source: AuditSource): string {
  const [meant, action, type] = eventOf(entry.action);
  const images = imagesOf(entry, source);
  const event = NEED_IMAGES.includes(meant) && images.length === 0 ? OWN : meant;
  const { at, outcome } = entry;
  return [
    '<AuditMessage>',
    tag(
      'EventIdentification',
      { EventActionCode: action, EventDateTime: at, EventOutcomeIndicator: outcome === 'success' ? '0' : '4' },
      code('EventID', event) +
        (type ? code('EventTypeCode', type) : '') +
        code('EventTypeCode', [entry.action, entry.action, '99MEDICLIP']) +
        tag('EventOutcomeDescription', {}, escaped(descriptionOf(entry))),
    ),
    ...participants(event, entry, source),
    tag(
      'AuditSourceIdentification',
      { AuditSourceID: source.device.uid },
      tag('AuditSourceTypeCode', { 'csd-code': '1' }),
    ),
    ...objects(event, entry, images),
    '</AuditMessage>',
  ].join('\n');
}

/** Events whose tables want a study or a patient. */
const NEED_IMAGES: readonly CodedValue[] = [ACCESSED, BEGIN, TRANSFERRED, DELETED, EXPORT, IMPORT];

const descriptionOf = ({ entry, subject, detail }: AuditEntry) =>
  JSON.stringify({ entry, subject, detail: detailOf(detail) });

/** Audit Active Participant Role ID (CID 402). */
const APPLICATION: CodedValue = ['110150', 'Application'];
const LAUNCHER: CodedValue = ['110151', 'Application Launcher'];
const DESTINATION: CodedValue = ['110152', 'Destination Role ID'];
const SOURCE: CodedValue = ['110153', 'Source Role ID'];
const DESTINATION_MEDIA: CodedValue = ['110154', 'Destination Media'];
const SOURCE_MEDIA: CodedValue = ['110155', 'Source Media'];
/** Media Type (CID 405). */
const FILES: CodedValue = ['110037', 'URI'];
const PAPER: CodedValue = ['110038', 'Paper Document'];

/** The person, the application that acted for them, and what was at the other end, in the roles that the event's table names. */
function participants(event: CodedValue, entry: AuditEntry, { device, host }: AuditSource): readonly string[] {
  const person = (...roles: readonly CodedValue[]) => personIn(entry, host, roles);
  const application = (...roles: readonly CodedValue[]) =>
    participant({ UserID: device.uid, UserName: `MediCLIP Workstation ${device.appVersion}` }, roles);
  const node = (role: CodedValue) => participant({ UserID: nodeOf(entry) }, [role]);
  const media = (name: string, role: CodedValue, type: CodedValue) =>
    participant({ UserID: name }, [role], tag('MediaIdentifier', {}, code('MediaType', type)));
  if (event === ACTIVITY) return [application(APPLICATION), person(LAUNCHER)];
  if (event === BEGIN || event === TRANSFERRED)
    return isInbound(entry)
      ? [node(SOURCE), application(DESTINATION), person()]
      : [application(SOURCE), node(DESTINATION), person()];
  if (event === QUERY) return [application(SOURCE), node(DESTINATION), person()];
  if (event === IMPORT) return [person(DESTINATION), application(DESTINATION), media('files', SOURCE_MEDIA, FILES)];
  if (event === EXPORT) {
    const printed = entry.action === 'report.print';
    const target = printed ? media('printer', DESTINATION_MEDIA, PAPER) : media('files', DESTINATION_MEDIA, FILES);
    return [person(SOURCE), application(SOURCE), target];
  }
  return [person(), application(APPLICATION)];
}

/** The operating system's user, with the reader profile as another name of theirs. */
function personIn({ actor, detail }: AuditEntry, host: string, roles: readonly CodedValue[]): string {
  const { reader } = detailOf(detail);
  const names = { UserID: actor, ...(typeof reader === 'string' ? { AlternativeUserID: reader } : {}) };
  return participant({ ...names, UserIsRequestor: 'true', ...machine(host) }, roles);
}

const machine = (host: string) => ({ NetworkAccessPointID: host, NetworkAccessPointTypeCode: '1' });

const participant = (attributes: Readonly<Record<string, string>>, roles: readonly CodedValue[], more = ''): string =>
  tag(
    'ActiveParticipant',
    { UserIsRequestor: 'false', ...attributes },
    roles.map((role) => code('RoleIDCode', role)).join('') + more,
  );

/** Whether a transfer brings images here. */
const isInbound = ({ action }: AuditEntry) => action === 'network.retrieve' || action === 'network.receive';

/** The other end of a transfer or a query; the caller of what was received. */
function nodeOf({ subject, detail }: AuditEntry): string {
  const { node } = detailOf(detail);
  return (typeof node === 'string' ? node : subject) || 'unknown';
}

interface Images {
  readonly studyInstanceUid: string;
  /** Of a study that was removed since, unknown. */
  readonly patientId: string;
}

/** Acts whose subject is an image or a result, not a study. */
const ON_INSTANCES: readonly string[] = ['network.send', 'case.confirm', 'case.withdraw'] satisfies readonly Act[];

/** Studies that the entry is about. */
function imagesOf(
  { action, subject, detail }: AuditEntry,
  { studyOfInstance, patientOfStudy }: AuditSource,
): readonly Images[] {
  const { study, instances } = detailOf(detail);
  const onInstances = ON_INSTANCES.includes(action);
  const studies = [study, ...(onInstances ? [] : subject.split(' '))];
  const images = [...(Array.isArray(instances) ? instances : []), ...(onInstances ? [subject] : [])];
  const uids = new Set([
    ...studies.filter(isUid),
    ...images.filter(isUid).flatMap((uid) => studyOfInstance(uid) ?? []),
  ]);
  return [...uids].map((studyInstanceUid) => ({
    studyInstanceUid,
    patientId: patientOfStudy(studyInstanceUid) || 'unknown',
  }));
}

const isUid = (value: unknown): value is string => typeof value === 'string' && /^[0-9]+([.][0-9]+)+$/.test(value);

function objects(event: CodedValue, entry: AuditEntry, images: readonly Images[]): readonly string[] {
  if (event === ACTIVITY || event === AUTHENTICATION) return [];
  if (event === AUDIT_LOG) return [resource('audit-trail', 'Security Audit Log')];
  if (event === QUERY) return [queryObject(entry)];
  if (event === SECURITY) return entry.subject === '' ? [] : [resource(entry.subject, 'Configuration', entry.action)];
  if (images.length === 0) return entry.subject === '' ? [] : [resource(entry.subject, 'Subject')];
  const patients = new Set(images.map(({ patientId }) => patientId));
  return [
    ...images.map(({ studyInstanceUid }) => participantObject(studyInstanceUid, STUDY, named('Study'))),
    ...[...patients].map((id) => participantObject(id, PATIENT, named('Name withheld'))),
  ];
}

/** What an object's ID is, and type and role that go with it (PS3.15 A.5.2.6). */
interface ObjectKind {
  readonly idType: CodedValue;
  /** Person or system object. */
  readonly type: '1' | '2';
  /** Patient, report or security resource. */
  readonly role: '1' | '3' | '13';
}
const PATIENT: ObjectKind = { idType: ['2', 'Patient Number', 'RFC-3881'], type: '1', role: '1' };
const STUDY: ObjectKind = { idType: ['110180', 'Study Instance UID'], type: '2', role: '3' };
const RESOURCE: ObjectKind = { idType: ['12', 'URI', 'RFC-3881'], type: '2', role: '13' };
const SOP_CLASS: ObjectKind = { idType: ['110181', 'SOP Class UID'], type: '2', role: '3' };
const STUDY_ROOT_FIND = '1.2.840.10008.5.1.4.1.2.2.1';

const participantObject = (id: string, { idType, type, role }: ObjectKind, content: string): string =>
  tag(
    'ParticipantObjectIdentification',
    { ParticipantObjectID: id, ParticipantObjectTypeCode: type, ParticipantObjectTypeCodeRole: role },
    code('ParticipantObjectIDTypeCode', idType) + content,
  );

const named = (name: string) => tag('ParticipantObjectName', {}, name);

const resource = (id: string, name: string, alert?: string): string =>
  participantObject(
    id,
    RESOURCE,
    named(name) +
      (alert === undefined ? '' : tag('ParticipantObjectDetail', { type: 'Alert Description', value: base64(alert) })),
  );

/** The trail holds which keys a query had; their values, which may be names of patients, stay out of it. */
function queryObject({ detail }: AuditEntry): string {
  const { keys } = detailOf(detail);
  const query = base64(JSON.stringify({ keys }));
  return participantObject(STUDY_ROOT_FIND, SOP_CLASS, tag('ParticipantObjectQuery', {}, query));
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

function detailOf(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const code = (element: string, [value, meaning, scheme = 'DCM']: CodedValue) =>
  tag(element, { 'csd-code': value, codeSystemName: scheme, originalText: meaning });

/** `content` is XML already. */
function tag(name: string, attributes: Readonly<Record<string, string>>, content = ''): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  return content === '' ? `<${name}${list.join('')}/>` : `<${name}${list.join('')}>${content}</${name}>`;
}

/** Control characters cannot stand in XML at all, not even escaped. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
}
