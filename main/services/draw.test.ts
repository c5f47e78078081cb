import { describe, expect, it } from 'vitest';
import { divideByPatient, drawByPatient } from './draw.ts';

/** `images` of each of so many patients. */
const normals = (patients: number, images: number) =>
  Array.from({ length: patients * images }, (_, i) => ({
    key: `1.2.${String(i).padStart(5, '0')}`,
    owner: `patient ${Math.floor(i / images)}`,
  }));
const owners = (part: readonly { owner: string }[]) => new Set(part.map(({ owner }) => owner));
const refused = (says: RegExp) =>
  expect.objectContaining({ code: 'bad-reference-set', message: expect.stringMatching(says) });

describe('a draw by patient', () => {
  it.each([
    [40, 1, 16],
    [8, 30, 16],
    [3, 30, 16],
    [20, 2, 30],
    [2, 1, 1],
    [10_000, 1, 16],
  ])('of %i patients with %i images each keeps no patient in both parts', (patients, images, shots) => {
    const all = normals(patients, images);
    const { support, heldOut, setAside } = drawByPatient(all, shots, 5);
    expect(support).toHaveLength(shots);
    expect([...owners(support)].filter((owner) => owners(heldOut).has(owner))).toEqual([]);
    expect(heldOut.length).toBeGreaterThan(0);
    expect([...support, ...heldOut, ...setAside].toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual(all);
  });

  it('trains on several patients where it may, and sets nothing aside with one image each', () => {
    expect(owners(drawByPatient(normals(8, 30), 16, 5).support).size).toBe(4);
    expect(drawByPatient(normals(40, 1), 16, 5).setAside).toEqual([]);
  });

  it('does not depend on the order of the choice, but on the seed', () => {
    const all = normals(12, 3);
    expect(drawByPatient(all.toReversed(), 6, 1)).toEqual(drawByPatient(all, 6, 1));
    expect(drawByPatient(all, 6, 2)).not.toEqual(drawByPatient(all, 6, 1));
  });

  it('gives every image the same chance', () => {
    const all = normals(40, 1);
    const counts = new Map(all.map(({ key }) => [key, 0]));
    for (let seed = 0; seed < 2000; seed++)
      for (const { key } of drawByPatient(all, 16, seed).support) counts.set(key, counts.get(key)! + 1);
    // 2000 * 16 / 40 = 800 expected, sd 22.
    for (const count of counts.values()) expect(Math.abs(count - 800)).toBeLessThan(110);
  });

  it('holds out no more than are worth scoring', () => {
    const { heldOut, setAside } = drawByPatient(normals(10_000, 1), 16, 1);
    expect(heldOut).toHaveLength(400);
    expect(setAside).toHaveLength(10_000 - 416);
  });

  it('may train on everything, and says why it can hold nothing out otherwise', () => {
    expect(drawByPatient(normals(1, 5), 5, 1).heldOut).toEqual([]);
    expect(() => drawByPatient(normals(1, 30), 16, 1)).toThrowError(refused(/one patient.*more patients/));
    expect(() => drawByPatient(normals(2, 10), 16, 1)).toThrowError(refused(/all 2 patients/));
    expect(() => drawByPatient(normals(1, 1), 1, 1)).toThrowError(refused(/at least 2/));
    expect(() => drawByPatient(normals(3, 1), 4, 1)).toThrowError(refused(/there are 3/));
  });
});

describe('a division by patient', () => {
  it.each([
    [40, 1, 16],
    [8, 30, 35],
    [3, 30, 16],
    [20, 2, 0],
  ])('of %i patients with %i images each keeps no patient in both parts', (patients, images, count) => {
    const all = normals(patients, images);
    const { first, rest } = divideByPatient(all, count, 5);
    expect(first).toHaveLength(count);
    expect([...owners(first)].filter((owner) => owners(rest).has(owner))).toEqual([]);
    expect(rest).toHaveLength((patients - Math.ceil(count / images)) * images);
    expect(divideByPatient(all, count, 5)).toEqual({ first, rest });
    if (count > 0) expect(divideByPatient(all, count, 6).first).not.toEqual(first);
  });

  it('leaves nothing over where all patients are needed', () => {
    expect(divideByPatient(normals(2, 3), 4, 1).rest).toEqual([]);
  });
});
