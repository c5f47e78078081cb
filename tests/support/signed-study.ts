/** A study from files to a signed report, with the brightness engine: its bright regions are the findings. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { analyseStudy, openLatestAnalysis } from '../../main/services/analysis.ts';
import { calibrateReferenceSet } from '../../main/services/calibration.ts';
import { decide } from '../../main/services/findings.ts';
import { importPaths } from '../../main/services/import.ts';
import { activate } from '../../main/services/profiles.ts';
import { createReferenceSet } from '../../main/services/reference-sets.ts';
import { saveReport, signReport } from '../../main/services/reports.ts';
import { openStudy } from '../../main/services/worklist.ts';
import type { Workstation } from '../../main/services/workstation.ts';
import type { Finding } from '../../preload/contract/model.ts';
import { freshFolder } from './store.ts';
import { testJob } from './workstation.ts';

export interface SignedStudy {
  readonly studyInstanceUid: string;
  /** The highest peak first. */
  readonly findings: readonly Finding[];
}

/** What the reader wrote. */
export const REPORT_TEXT = {
  indication: 'Teaching.',
  technique: 'Axial slices, no contrast.',
  findings: 'Two dense areas & no shift.',
  impression: 'Bright regions.\n\nNothing else.',
} as const;

/**
 * Imports the files and signs a report; `accept` says which findings, the highest peak first, are accepted, and
 * `beforeSigning` what else the reader does.
 */
export async function signedStudy(
  station: Workstation,
  paths: readonly string[],
  accept: (finding: Finding, place: number) => boolean = () => true,
  beforeSigning: (study: SignedStudy) => void = () => undefined,
): Promise<SignedStudy> {
  const { studies } = await importPaths(station, paths, testJob());
  const studyInstanceUid = studies[0] ?? '';
  const calibration = await darkCalibration(station);
  await analyseStudy(station, { studyInstanceUid, calibrationId: calibration }, testJob());
  const findings = openLatestAnalysis(station.store, studyInstanceUid)?.findings ?? [];
  for (const [place, finding] of findings.entries())
    decide(station, {
      findingId: finding.id,
      decision: accept(finding, place) ? 'accepted' : 'rejected',
      comment: `Comment ${place + 1}`,
    });
  beforeSigning({ studyInstanceUid, findings });
  saveReport(station, { studyInstanceUid, ...REPORT_TEXT });
  signReport(station, studyInstanceUid);
  return { studyInstanceUid, findings: openLatestAnalysis(station.store, studyInstanceUid)?.findings ?? [] };
}

/** A calibration on four dark pictures: what is clearly brighter is a finding. */
async function darkCalibration(station: Workstation): Promise<string> {
  const folder = join(freshFolder(), 'normals');
  mkdirSync(folder);
  for (const level of [10, 20, 30, 40])
    await sharp(Buffer.alloc(32 * 32, level), { raw: { width: 32, height: 32, channels: 1 } })
      .png()
      .toFile(join(folder, `${level}.png`));
  const { studies } = await importPaths(station, [folder], testJob());
  const frames = openStudy(station.store.db, studies[0] ?? '', []).series.flatMap((series) => series.frames);
  const set = createReferenceSet(station, {
    name: 'Dark',
    frames: frames.map(({ sopInstanceUid, frame }) => ({ sopInstanceUid, frame })),
  });
  const { id } = await calibrateReferenceSet(
    station,
    {
      name: 'Dark',
      referenceSetId: set.id,
      modelName: 'embedded',
      preset: 'fast',
      provider: 'auto',
      shots: 2,
      seed: 1,
      toleratedShare: 0.05,
    },
    testJob(),
  );
  activate(station, id);
  return id;
}
