import { expect, it } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { openStore } from '../store/store.ts';
import { offerTour } from './tour.ts';

it('is offered at the first start on a data folder and never again', () => {
  const folder = freshFolder();
  const offered = [1, 2].map(() => {
    const store = openStore(folder);
    const answers = [offerTour({ store }), offerTour({ store })];
    store.db.close();
    return answers;
  });
  expect(offered).toEqual([
    [true, false],
    [false, false],
  ]);
});
