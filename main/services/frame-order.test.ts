import { expect, it } from 'vitest';
import type { FrameRecord } from '../store/studies.ts';
import { fromTheMiddle } from './frame-order.ts';

const series = (name: string, count: number) =>
  Array.from(
    { length: count },
    (_, index) => ({ seriesInstanceUid: name, sopInstanceUid: `${name}${index}`, frame: 0 }) as FrameRecord,
  );
const names = (frames: readonly FrameRecord[]) => frames.map(({ sopInstanceUid }) => sopInstanceUid);
const study = [...series('a', 3), ...series('b', 5)];

it('begins at the image on the screen and goes outwards, then does the other series from their middle', () => {
  expect(names(fromTheMiddle(study, { sopInstanceUid: 'b3', frame: 0 }))).toEqual([
    'b3',
    'b2',
    'b4',
    'b1',
    'b0',
    'a1',
    'a0',
    'a2',
  ]);
});

it('begins at the middle of every series where nothing is on the screen', () => {
  expect(names(fromTheMiddle(study))).toEqual(['a1', 'a0', 'a2', 'b2', 'b1', 'b3', 'b0', 'b4']);
  expect(fromTheMiddle([])).toEqual([]);
});
