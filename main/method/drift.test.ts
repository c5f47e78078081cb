import { describe, expect, it } from 'vitest';
import { driftPValues } from './drift.ts';
import { Random } from './random.ts';

const NORMALS = 24;
const LATE = 40;
/** As the service takes it for an alarm, in either direction. */
const ALARM = 0.0005;

const random = new Random(9);
const sample = (count: number, draw: () => number) => Array.from({ length: count }, draw);
const normal = () => random.normal();
/** Studies of which a share is abnormal and scores 2.5 deviations higher. */
const mixed = (prevalence: number) => () => random.normal(random.uniform() < prevalence ? 2.5 : 0);
const alarms = (runs: number, late: () => number) =>
  sample(runs, () => {
    const { up, down } = driftPValues(sample(LATE, late), sample(NORMALS, normal));
    return Math.min(up, down) < ALARM ? 1 : 0;
  }).reduce<number>((sum, alarm) => sum + alarm, 0);

describe('the test for drift', () => {
  it.each([0, 0.1, 0.3, 0.5])('takes a share of %f of abnormal studies for none', (prevalence) => {
    expect(alarms(2000, mixed(prevalence))).toBeLessThanOrEqual(6);
  });

  it('holds its level: p-values under what is tested are no smaller than they say', () => {
    for (const level of [0.01, 0.05, 0.2]) {
      const runs = 600;
      const small = { up: 0, down: 0 };
      for (let run = 0; run < runs; run++) {
        const normals = sample(NORMALS, normal);
        // Where each is most easily exceeded.
        small.down += Number(driftPValues(sample(LATE, normal), normals).down <= level);
        const half = () => (random.uniform() < 0.5 ? 100 : random.normal());
        small.up += Number(driftPValues(sample(LATE, half), normals).up <= level);
      }
      const most = runs * level + 4 * Math.sqrt(runs * level * (1 - level));
      expect(small.down).toBeLessThan(most);
      expect(small.up).toBeLessThan(most);
    }
  });

  it('notices that all scores have moved, up or down, with abnormal studies among them or without', () => {
    expect(alarms(300, () => random.normal(3))).toBeGreaterThan(290);
    expect(alarms(300, () => random.normal(-2))).toBeGreaterThan(290);
    expect(alarms(300, () => mixed(0.3)() + 3)).toBeGreaterThan(290);
    expect(alarms(300, () => mixed(0.2)() - 2)).toBeGreaterThan(225);
  });

  it('says in which direction', () => {
    const normals = sample(NORMALS, normal);
    const [higher, lower] = [3, -3].map((shift) =>
      driftPValues(
        sample(LATE, () => random.normal(shift)),
        normals,
      ),
    );
    expect(higher!.up).toBeLessThan(ALARM);
    expect(higher!.down).toBeGreaterThan(0.5);
    expect(lower!.down).toBeLessThan(ALARM);
    expect(lower!.up).toBeGreaterThan(0.5);
  });

  it('counts equal scores as one place', () => {
    const same = sample(20, () => 0.5);
    expect(driftPValues(same, same)).toEqual({ up: 1, down: 1 });
  });
});
