/** The audit trail as DICOM audit messages (PS3.15 A.5, the schema of A.5.1): one for each entry, in one XML file. */
import type { Device } from '../results/dataset.ts';
import type { AuditEntry } from '../store/audit.ts';

/** DCM code and meaning. */
type Event = readonly [string, string];
const ACTIVITY: Event = ['110100', 'Application Activity'];
const AUDIT_LOG: Event = ['110101', 'Audit Log Used'];
const ACCESSED: Event = ['110103', 'DICOM Instances Accessed'];
const EXPORT: Event = ['110106', 'Export'];
const IMPORT: Event = ['110107', 'Import'];
const TRANSFER: Event = ['110102', 'Begin Transferring DICOM Instances'];
const SECURITY: Event = ['110113', 'Security Alert'];

/** Event and action (C, R, U, D, E) by the beginning of an entry's action; the first that fits. */
const EVENTS: readonly (readonly [string, Event, string])[] = [
  ['audit.', AUDIT_LOG, 'R'],
  ['import', IMPORT, 'C'],
  ['study.view', ACCESSED, 'R'],
  ['results.export', EXPORT, 'R'],
  ['report.export', EXPORT, 'R'],
  ['model.export', EXPORT, 'R'],
  ['network.queue', TRANSFER, 'E'],
  ['network.send', TRANSFER, 'E'],
  ['network.', SECURITY, 'U'],
  ['policy.', SECURITY, 'U'],
  ['reader.', SECURITY, 'U'],
  ['analysis.', ACCESSED, 'C'],
  ['finding.', ACCESSED, 'U'],
  ['report.', ACCESSED, 'U'],
  ['results.', ACCESSED, 'C'],
];

export function auditMessages(entries: readonly AuditEntry[], source: Device): string {
  const messages = entries.map((entry) => auditMessage(entry, source));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<AuditMessages>\n${messages.join('\n')}\n</AuditMessages>\n`;
}

function auditMessage(entry: AuditEntry, source: Device): string {
  const [, event, action] = EVENTS.find(([beginning]) => entry.action.startsWith(beginning)) ?? ['', ACTIVITY, 'E'];
  return [
    '<AuditMessage>',
    tag(
      'EventIdentification',
      {
        EventActionCode: action,
        EventDateTime: entry.at,
        EventOutcomeIndicator: entry.outcome === 'success' ? '0' : '4',
      },
      code('EventID', event) + code('EventTypeCode', [entry.action, entry.action], '99MEDICLIP'),
    ),
    ...participants(entry, source),
    tag('AuditSourceIdentification', { AuditSourceID: source.uid }, tag('AuditSourceTypeCode', { 'csd-code': '1' })),
    participantObject(entry),
    '</AuditMessage>',
  ].join('\n');
}

/** The person, with the reader profile as another name of theirs, and the application that acted for them. */
function participants({ actor, detail }: AuditEntry, { uid, appVersion }: Device): readonly string[] {
  const reader = detailOf(detail).reader;
  return [
    tag('ActiveParticipant', {
      UserID: actor,
      ...(typeof reader === 'string' ? { AlternativeUserID: reader } : {}),
      UserIsRequestor: 'true',
    }),
    tag(
      'ActiveParticipant',
      { UserID: uid, UserName: `MediCLIP Workstation ${appVersion}`, UserIsRequestor: 'false' },
      code('RoleIDCode', ['110150', 'Application']),
    ),
  ];
}

/** What the entry is about, with the entry's number and detail, so that nothing of the trail is lost. */
function participantObject({ entry, subject, detail }: AuditEntry): string {
  const isUid = /^[0-9]+([.][0-9]+)+$/.test(subject);
  const type: Event = isUid ? ['110180', 'Study Instance UID'] : ['12', 'URI'];
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return tag(
    'ParticipantObjectIdentification',
    {
      ParticipantObjectID: subject === '' ? '-' : subject,
      ParticipantObjectTypeCode: '2',
      ParticipantObjectTypeCodeRole: isUid ? '3' : '13',
    },
    code('ParticipantObjectIDTypeCode', type, isUid ? 'DCM' : 'RFC-3881') +
      tag('ParticipantObjectName', {}, 'Entry of the audit trail') +
      tag('ParticipantObjectDetail', { type: 'entry', value: base64(String(entry)) }) +
      tag('ParticipantObjectDetail', { type: 'detail', value: base64(detail) }),
  );
}

function detailOf(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const code = (element: string, [value, meaning]: Event, system = 'DCM') =>
  tag(element, { 'csd-code': value, codeSystemName: system, originalText: meaning });

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
