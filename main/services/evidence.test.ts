/** The evidence of a calibration in pictures that have colour, on a small model in the real engine. */
import { describe, expect, it } from 'vitest';
import type { FrameRef } from '../../preload/contract/model.ts';
import { stripedPictures } from '../../tests/support/small-pack.ts';
import { importPictures, smallRequest, smallSite } from '../../tests/support/small-site.ts';
import { testJob } from '../../tests/support/workstation.ts';
import type { Image8 } from '../method/image.ts';
import { Random } from '../method/random.ts';
import { getEvidence } from '../store/evidence.ts';
import { calibrateReferenceSet, readLabelled } from './calibration.ts';
import { makeAnomalies } from './evidence.ts';
import { openEvidence } from './profiles.ts';
import { createReferenceSet } from './reference-sets.ts';
import type { Workstation } from './workstation.ts';

/** As a fundus camera sees: much red, little blue. */
const tinted = ({ width, height, data }: Image8): Image8 => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: 3 * data.length }, (_, i) => data[Math.floor(i / 3)]! * [1, 0.5, 0.25][i % 3]!),
});

async function tintedSite(): Promise<{ station: Workstation; frames: readonly FrameRef[] }> {
  const station = await smallSite();
  return { station, frames: await importPictures(station, stripedPictures(14, 1).map(tinted)) };
}

describe('evidence of pictures with colour', () => {
  it('is gathered in their colours, at the side of the model', async () => {
    const { station, frames } = await tintedSite();
    const normals = await readLabelled(station, frames, new AbortController().signal);
    const packFolder = `${station.packsFolder}/small`;
    const { synthetic, unchanged } = await makeAnomalies(normals, packFolder, new Random(1), testJob());
    for (const { image } of [...synthetic, ...unchanged]) {
      expect(image).toMatchObject({ width: 32, height: 32, channels: 3 });
      const mean = (channel: number) =>
        image.data.reduce((sum, value, i) => sum + (i % 3 === channel ? value : 0), 0) / 32 ** 2;
      // A picture without its colour has the same mean in each channel.
      expect(mean(0) - mean(2)).toBeGreaterThan(30);
    }
  });

  it('finds nothing in normals that went the same way unchanged', async () => {
    const { station, frames } = await tintedSite();
    const set = createReferenceSet(station, { name: 'Fundus', frames });
    const request = { ...smallRequest, shots: 6, referenceSetId: set.id };
    const { id } = await calibrateReferenceSet(station, request, testJob());
    const { normals, unchanged } = getEvidence(station.store.db, id)!;
    expect(unchanged).toHaveLength(8);
    for (const [i, { sopInstanceUid, score }] of unchanged!.entries()) {
      expect(sopInstanceUid).toBe(normals[i]?.sopInstanceUid);
      expect(score).toBeCloseTo(normals[i]!.score, 6);
    }
    const evidence = await openEvidence(station, id, null);
    const flagged = evidence!.normals.filter(({ score }) => score >= evidence!.threshold).length;
    expect(evidence?.unchangedFlagged?.value).toBeCloseTo(flagged / 8, 12);
  });
});
