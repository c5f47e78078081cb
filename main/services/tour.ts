/** The tour opens by itself once in the life of a data folder. */
import { getSetting, setSetting } from '../store/settings.ts';
import type { Workstation } from './workstation.ts';

const OFFERED = 'tour.offered';

/** Whether the window shall open the tour by itself now; where it says yes, it says so the last time. */
export function offerTour({ store }: Pick<Workstation, 'store'>): boolean {
  if (getSetting(store.db, OFFERED) !== null) return false;
  setSetting(store.db, OFFERED, 'yes');
  return true;
}
