/** The audit trail as DICOM audit messages (PS3.15 A.5, the schema of A.5.1): one for each entry, in one XML file. */
import type { Device } from '../results/dataset.ts';
import type { AuditEntry } from '../store/audit.ts';
import { eventOf } from './audit-acts.ts';

export function auditMessages(entries: readonly AuditEntry[], source: Device): string {
  const messages = entries.map((entry) => auditMessage(entry, source));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<AuditMessages>\n${messages.join('\n')}\n</AuditMessages>\n`;
}

function auditMessage(entry: AuditEntry, source: Device): string {
  const [event, action] = eventOf(entry.action);
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
  const type: CodedValue = isUid ? ['110180', 'Study Instance UID'] : ['12', 'URI'];
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

/** Code and meaning. */
type CodedValue = readonly [string, string];

const code = (element: string, [value, meaning]: CodedValue, system = 'DCM') =>
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
