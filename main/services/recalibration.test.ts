/** What is said of a calibration by comparing it: with random weights, and with the one before it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { stripedPictures } from '../../tests/support/small-pack.ts';
import { calibrateStripes, importPictures, smallRequest, smallSite } from '../../tests/support/small-site.ts';
import { testJob } from '../../tests/support/workstation.ts';
import { listAudit } from '../store/audit.ts';
import { getEvidence } from '../store/evidence.ts';
import { compareOnSameImages } from './before-after.ts';
import { calibrateReferenceSet } from './calibration.ts';
import { confirmCase } from './cases.ts';
import { measureNullBaseline } from './null-baseline.ts';
import { openEvidence } from './profiles.ts';
import { createReferenceSet, listAllReferenceSets } from './reference-sets.ts';
import type { Workstation } from './workstation.ts';

let station: Workstation;
const confirmSpots = async (count: number) => {
  for (const ref of await importPictures(station, stripedPictures(count, 7, true))) confirmCase(station, ref, '');
};

beforeEach(async () => {
  station = await smallSite();
});

describe('the null baseline', () => {
  it('scores the same normals and cases at random weights, and changes nothing else', async () => {
    await confirmSpots(5);
    const { id } = await calibrateStripes(station, { preset: 'fast' });
    const before = await openEvidence(station, id, null);
    expect(before?.nullBaseline).toBeNull();
    await measureNullBaseline(station, id, testJob());
    const after = await openEvidence(station, id, null);
    expect(after).toEqual({ ...before, nullBaseline: after?.nullBaseline });
    const { normals, nullBaseline } = getEvidence(station.store.db, id)!;
    expect(nullBaseline?.normals).toHaveLength(normals.length);
    expect(nullBaseline?.abnormals).toHaveLength(5);
    expect(nullBaseline?.normals).not.toEqual(normals.map(({ score }) => score));
    const { low, value, high } = after!.nullBaseline!;
    expect(low <= value && value <= high).toBe(true);
    // The same again is the same.
    await measureNullBaseline(station, id, testJob());
    expect(getEvidence(station.store.db, id)?.nullBaseline).toEqual(nullBaseline);
  });

  it('needs confirmed cases, and leaves nothing behind when it is cancelled', async () => {
    const without = await calibrateStripes(station, { preset: 'fast' });
    await expect(measureNullBaseline(station, without.id, testJob())).rejects.toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('Confirm some'),
    });
    await confirmSpots(2);
    const { id } = await calibrateStripes(station, { preset: 'fast' });
    const abort = new AbortController();
    const progress = () => abort.abort();
    const measuring = measureNullBaseline(station, id, testJob({ signal: abort.signal, progress }));
    await expect(measuring).rejects.toMatchObject({ code: 'cancelled' });
    expect((await openEvidence(station, id, null))?.nullBaseline).toBeNull();
  });

  it('goes on where the policy allows the calibration’s own model alone', async () => {
    await confirmSpots(2);
    const { id } = await calibrateStripes(station, { preset: 'fast' });
    await measureNullBaseline({ ...station, policy: { model: 'small' } }, id, testJob());
    expect((await openEvidence(station, id, null))?.nullBaseline).not.toBeNull();
  });
});

describe('before and after', () => {
  it('are scores of the images that both held out, as each calibration’s own evidence has them', async () => {
    await confirmSpots(3);
    const first = await calibrateStripes(station, { preset: 'fast' });
    const [set] = listAllReferenceSets(station);
    const more = await importPictures(station, stripedPictures(4, 9));
    const frames = [...(set?.frames ?? []), ...more];
    const next = createReferenceSet(station, { name: 'Stripes', frames, basedOn: set!.id });
    const request = { ...smallRequest, preset: 'fast' as const, referenceSetId: next.id };
    const second = await calibrateReferenceSet(station, request, testJob());

    const found = await compareOnSameImages(station, { before: first.id, after: second.id }, testJob());
    const [was, is] = [first, second].map(({ id }) => getEvidence(station.store.db, id)!);
    const known = (scores: typeof was, uid: string) =>
      [...scores!.normals, ...scores!.abnormals].find(({ sopInstanceUid }) => sopInstanceUid === uid)?.score;
    expect(found.normals.length).toBeGreaterThan(0);
    expect(found.normals.length).toBeLessThan(is!.normals.length);
    for (const { sopInstanceUid, before, after } of [...found.normals, ...found.cases]) {
      expect(before).toBeCloseTo(known(was, sopInstanceUid) ?? Number.NaN, 6);
      expect(after).toBeCloseTo(known(is, sopInstanceUid) ?? Number.NaN, 6);
    }
    expect(found.cases).toHaveLength(3);
    expect(found.synthetic).toHaveLength(120);
    expect(listAudit(station.store.db).at(-1)).toMatchObject({ action: 'calibration.compare', subject: second.id });
    expect(found.auroc.before?.value).toBeGreaterThanOrEqual(0);
    expect(found.auroc.after?.high).toBeLessThanOrEqual(1);
  });

  it('are empty where nothing was held out by both', async () => {
    const [first, second] = [await calibrateStripes(station), await calibrateStripes(station, { seed: 2, shots: 11 })];
    const found = await compareOnSameImages(station, { before: first.id, after: second.id }, testJob());
    const common = getEvidence(station.store.db, second.id)?.normals ?? [];
    expect(common).toHaveLength(1);
    const trained = getEvidence(station.store.db, first.id)?.support.map(({ sopInstanceUid }) => sopInstanceUid);
    expect(found.normals).toHaveLength(trained?.includes(common[0]!.sopInstanceUid) ? 0 : 1);
  });
});
