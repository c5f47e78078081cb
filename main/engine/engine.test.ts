import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Preset } from '../../preload/contract/model.ts';
import { createSmallPack, smallArchitecture, stripedPictures } from '../../tests/support/small-pack.ts';
import { eachAlone, thresholdForShare } from '../method/conformal.ts';
import type { Image8 } from '../method/image.ts';
import { completeSettings, publishedSettings } from '../method/settings.ts';
import { publishedMixture } from '../method/synthesis/synthesise.ts';
import { runInProcess } from '../process/in-process.ts';
import { createEngineHandlers } from './handlers.ts';
import { decodeProfile, imagesSha256Of, normalPeaks } from './profile.ts';
import { schedules } from './schedule.ts';
import type { Box, CalibrateInput, CalibrateProgress } from './tasks.ts';

const engine = runInProcess(createEngineHandlers());
let folder: string;
let packFolder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediclip-engine-'));
  packFolder = await createSmallPack(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function input(preset: Preset, given: Partial<CalibrateInput> = {}): CalibrateInput {
  return {
    packFolder,
    support: stripedPictures(8, 1),
    heldOut: [],
    preset,
    method: publishedSettings(schedules[preset].textAttention),
    seed: 7,
    provider: 'cpu',
    toleratedShare: 0.2,
    preprocessing: 'test',
    ...given,
  };
}

describe.each<Preset>(['parity', 'fast', 'default'])('calibration with the preset %s', (preset) => {
  it('trains for the epochs of the preset, lowers the loss and repeats byte for byte', {
    timeout: 120_000,
  }, async () => {
    const progress: CalibrateProgress[] = [];
    const first = await engine.run('calibrate', input(preset), { onProgress: (value) => progress.push(value) });
    expect(first.steps).toBe(schedules[preset].epochs); // 8 images are one batch
    const mean = (losses: readonly number[]) => losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(mean(first.lossTrace.slice(-20))).toBeLessThan(mean(first.lossTrace.slice(0, 20)));
    expect(progress.flatMap((value) => value.losses)).toEqual(first.lossTrace);

    const again = await engine.run('calibrate', input(preset));
    expect(Buffer.from(again.profile).equals(Buffer.from(first.profile))).toBe(true);
    const other = await engine.run('calibrate', input(preset, { seed: 8 }));
    expect(Buffer.from(other.profile).equals(Buffer.from(first.profile))).toBe(false);
  });

  it('takes its threshold from held-out normals where there are any', { timeout: 120_000 }, async () => {
    const heldOut = stripedPictures(9, 2);
    const output = await engine.run('calibrate', input(preset, { heldOut }));
    expect(output.normalScores).toHaveLength(9);
    expect(output.threshold).toBe(thresholdForShare(eachAlone(output.normalScores), 0.2));
    const { manifest } = decodeProfile(output.profile);
    expect(manifest).toMatchObject({ evidence: 'held-out', preset, shots: 8, seed: 7 });

    const profilePath = join(folder, `${preset}.safetensors`);
    await writeFile(profilePath, output.profile);
    const found = await engine.run('detect', { packFolder, profilePath, images: heldOut, provider: 'cpu' });
    const scores = found.detections.map(({ score }) => score).sort((a, b) => a - b);
    expect(scores).toEqual(output.normalScores);
    expect(found.detections.filter(({ flagged }) => flagged).length).toBeLessThanOrEqual(2);
    // One threshold serves scores and maps, and regions are compared with what they are: highest points of maps.
    const peaks = found.detections.map(({ map }) => Math.max(...map)).sort((x, y) => x - y);
    const stated = Array.from(normalPeaks(decodeProfile(output.profile)).scores).sort((a, b) => a - b);
    for (const [i, peak] of peaks.entries()) expect(stated[i]).toBeCloseTo(peak, 5);
    expect(thresholdForShare(eachAlone(peaks), 0.2)).toBeCloseTo(output.threshold, 5);
    for (const { map, side } of found.detections) {
      expect(map).toHaveLength(side * side);
      expect(map.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });
});

describe('calibration', () => {
  it('names its pictures by what they show and which are of one patient', () => {
    const [support, heldOut] = [stripedPictures(3, 1), stripedPictures(2, 2)];
    const known = imagesSha256Of({ support, heldOut });
    expect(imagesSha256Of({ support: stripedPictures(3, 1), heldOut })).toBe(known);
    const ofOnePatient = { support: [0, 0, 1], heldOut: [0, 1] };
    const others = [
      { support: heldOut, heldOut: support },
      { support, heldOut: stripedPictures(2, 3) },
      { support, heldOut, patients: ofOnePatient },
    ];
    expect(new Set([known, ...others.map(imagesSha256Of)]).size).toBe(4);
  });

  it('puts a bright disc above the normals with the memory bank', {
    timeout: 120_000,
  }, async () => {
    const output = await engine.run('calibrate', input('default'));
    expect(decodeProfile(output.profile).manifest.evidence).toBe('cross-fit');
    const profilePath = join(folder, 'disc.safetensors');
    await writeFile(profilePath, output.profile);
    const detect = async (images: Image8[]) =>
      (await engine.run('detect', { packFolder, profilePath, images, provider: 'cpu' })).detections;
    const normal = await detect(stripedPictures(4, 3));
    const [abnormal] = await detect(stripedPictures(1, 4, true));
    expect(abnormal!.score).toBeGreaterThan(Math.max(...normal.map(({ score }) => score)));
    expect(abnormal!.flagged).toBe(true);
    expect(abnormal!.pValue).toBeCloseTo(1 / 9);
    // Tokens of random weights know no place; that the map points at the right one is second-opinion.test.ts's.
    const highest = ({ map }: { readonly map: Float32Array }) => Math.max(...map);
    expect(highest(abnormal!)).toBeGreaterThan(Math.max(...normal.map(highest)));
  });

  it.each<[Preset, readonly Image8[]]>([
    ['default', []],
    ['fast', stripedPictures(8, 1)], // its profile keeps no patches
  ])(
    'finds a picture of the support set itself nearest to its own region, at the same place: %s',
    {
      timeout: 60_000,
    },
    async (preset, support) => {
      const { profile } = await engine.run('calibrate', input(preset, { heldOut: stripedPictures(1, 2) }));
      const profilePath = join(folder, `nearest-${preset}.safetensors`);
      await writeFile(profilePath, profile);
      const ask = (image: Image8, region: Box) =>
        engine.run('nearestNormals', { packFolder, profilePath, image, region, support, provider: 'cpu' });
      // The last cell of the 4 x 4 grid with its neighbours, cut at the picture's corner.
      const { box, matches } = await ask(stripedPictures(8, 1)[5]!, [0.8, 0.8, 0.2, 0.2]);
      expect(box).toEqual([0.5, 0.5, 0.5, 0.5]);
      expect(matches[0]).toMatchObject({ support: 5, box });
      expect(matches[0]!.distance).toBeCloseTo(0, 5);
      expect(matches.map(({ support }) => support).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      const distances = matches.map(({ distance }) => distance);
      expect(distances).toEqual(distances.toSorted((a, b) => a - b));
      expect(distances[1]).toBeGreaterThan(1e-5);
    },
  );

  it('takes the settings of the method that it is given, and keeps them in the profile', {
    timeout: 120_000,
  }, async () => {
    const method = completeSettings(
      {
        mixture: { ...publishedMixture, 'cut-paste': 0, sink: 0.25 },
        phrasePosition: 'middle',
        sharedContext: true,
        phrases: { normal: ['clear lung'], abnormal: ['lesion', 'mass in the lung'] },
      },
      'causal',
    );
    const { manifest, tensors } = decodeProfile((await engine.run('calibrate', input('fast', { method }))).profile);
    expect(manifest.method).toEqual(method);
    expect(tensors.get('prompt.context')?.shape).toEqual([2, 8, smallArchitecture.text.width]);
    const published = decodeProfile((await engine.run('calibrate', input('fast'))).profile).tensors;
    expect(published.get('prompt.context')?.shape).toEqual([21, 8, smallArchitecture.text.width]);
    // Other anomalies and other prompts: the first loss already differs.
    expect(published.get('training.loss')?.data[0]).not.toBeCloseTo(tensors.get('training.loss')!.data[0]!, 6);
  });

  it('refuses a reference set of one image in one sentence', async () => {
    await expect(engine.run('calibrate', input('fast', { support: stripedPictures(1, 1) }))).rejects.toMatchObject({
      code: 'bad-reference-set',
      message: expect.stringContaining('at least 2 normal images'),
    });
  });

  it('leaves room for studies, which take turns batch by batch', { timeout: 60_000 }, async () => {
    const { profile } = await engine.run('calibrate', input('default'));
    const profilePath = join(folder, 'turns.safetensors');
    await writeFile(profilePath, profile);
    const order: string[] = [];
    const study = (name: string, count: number, seed: number) =>
      engine.run(
        'detect',
        { packFolder, profilePath, images: stripedPictures(count, seed), provider: 'cpu' },
        { onProgress: ({ done }) => done > 0 && order.push(name) },
      );
    const calibrating = engine.run('calibrate', input('default', { seed: 11 }));
    calibrating.then(() => order.push('calibration'));
    await Promise.all([study('long', 64, 20), study('short', 16, 21), calibrating]);
    expect(order.filter((name) => name === 'long')).toHaveLength(8);
    expect(order.lastIndexOf('short')).toBeLessThan(order.lastIndexOf('long'));
    expect(order.at(-1)).toBe('calibration');
  });

  it('stops soon after it is cancelled', { timeout: 60_000 }, async () => {
    const abort = new AbortController();
    let steps = 0;
    const run = engine.run('calibrate', input('parity'), {
      signal: abort.signal,
      onProgress: ({ done }) => {
        steps = done;
        abort.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(steps).toBeLessThan(200);
  });

  it('refuses a profile of another model, and a file that is none', { timeout: 60_000 }, async () => {
    const path = join(folder, 'none.safetensors');
    await writeFile(path, 'not a profile');
    const detect = () =>
      engine.run('detect', { packFolder, profilePath: path, images: stripedPictures(1, 1), provider: 'cpu' });
    await expect(detect()).rejects.toMatchObject({ code: 'bad-profile', path });
  });
});
