/** Under which name whoever reads here signs: beside the operating system's user, which the trail always holds. */
import { Fault } from '../fault.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { READER_NAME, record, type Workstation } from './workstation.ts';

/** The name for signatures: that of the profile, else of the operating system's user. */
export function readerName({ store, user }: Pick<Workstation, 'store' | 'user'>): string {
  return getSetting(store.db, READER_NAME) ?? user;
}

/** @throws Fault `usage` where the name is empty or could not stand in a DICOM person name */
export function setReaderName(station: Workstation, name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > 64 || /[\\^=\p{Cc}]/u.test(trimmed))
    throw new Fault('usage', 'Give a name of at most 64 characters without \\, ^ and =.');
  if (trimmed === readerName(station)) return trimmed;
  setSetting(station.store.db, READER_NAME, trimmed);
  record(station, 'reader.name', '');
  return trimmed;
}
