/** What readers set up for themselves, and where each of them was. Set-ups are shared by all readers of a workstation. */
import {
  type HangingProtocol,
  type ReportTemplate,
  type Session,
  sessionSchema,
} from '../../preload/contract/reading-room.ts';
import {
  deleteProtocol,
  deleteTemplate,
  listProtocols,
  listTemplates,
  saveProtocol,
  saveTemplate,
} from '../store/reading-room.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { getStudy, listSeries } from '../store/studies.ts';
import { record, type Workstation } from './workstation.ts';

export function hangingProtocols({ store }: Workstation): readonly HangingProtocol[] {
  return listProtocols(store.db);
}

/** Adds a protocol, or replaces the one with its id or of the same modality and body part. */
export function keepProtocol(station: Workstation, protocol: HangingProtocol): readonly HangingProtocol[] {
  saveProtocol(station.store.db, protocol);
  record(station, 'protocol.save', protocol.id, { modality: protocol.modality, bodyPart: protocol.bodyPart });
  return hangingProtocols(station);
}

export function removeProtocol(station: Workstation, id: string): readonly HangingProtocol[] {
  deleteProtocol(station.store.db, id);
  record(station, 'protocol.remove', id);
  return hangingProtocols(station);
}

export function reportTemplates({ store }: Workstation): readonly ReportTemplate[] {
  return listTemplates(store.db);
}

/** Adds a template, or replaces the one with its id or name. */
export function keepTemplate(station: Workstation, template: ReportTemplate): readonly ReportTemplate[] {
  saveTemplate(station.store.db, template);
  record(station, 'template.save', template.id);
  return reportTemplates(station);
}

export function removeTemplate(station: Workstation, id: string): readonly ReportTemplate[] {
  deleteTemplate(station.store.db, id);
  record(station, 'template.remove', id);
  return reportTemplates(station);
}

const settingOf = (user: string) => `session/${user}`;

/** Where this reader was; null the first time. What is not there any more is left out. */
export function sessionOf({ store: { db }, user }: Workstation): Session | null {
  const kept = sessionSchema.safeParse(parsed(getSetting(db, settingOf(user))));
  if (!kept.success) return null;
  const session = kept.data;
  const isThere = (study: string, series: string) => {
    try {
      getStudy(db, study);
      return listSeries(db, study).some(({ seriesInstanceUid }) => seriesInstanceUid === series);
    } catch {
      return false;
    }
  };
  const places = session.places.map((place) => (place && isThere(place.study, place.series) ? place : null));
  const { study } = session;
  if (study !== null && places.some((place) => place?.study === study)) return { ...session, places };
  return { ...session, screen: session.screen === 'viewer' ? 'worklist' : session.screen, study: null, places: [] };
}

/** An older version may have kept something else. */
function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}

/** At once on the disk's side of a crash: the database's log is written before this returns. */
export function keepSession({ store: { db }, user }: Workstation, session: Session): void {
  setSetting(db, settingOf(user), JSON.stringify(session));
}

const WINDOW_PLACE = 'window.place';

/** Where the window stood, as it was kept; null the first time. */
export function windowPlace({ store }: Workstation): string | null {
  return getSetting(store.db, WINDOW_PLACE);
}

export function keepWindowPlace({ store }: Workstation, place: string): void {
  setSetting(store.db, WINDOW_PLACE, place);
}
