/** What a person waits for: a folder from files to maps against the bare network, and the first slice of a series. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapsWeights, picturesPerRun } from '../engine/networks.ts';
import { sharp } from '../imaging/sharp.ts';
import { Random } from '../method/random.ts';
import { loadPack } from '../modelpack/pack.ts';
import { analyseStudy, openLatestAnalysis } from '../services/analysis.ts';
import { methodSettingsOf } from '../services/calibration.ts';
import { detectFiles } from '../services/files.ts';
import { importPaths } from '../services/import.ts';
import type { JobContext } from '../services/jobs.ts';
import { preprocessingOf } from '../services/model-input.ts';
import { modelFolder } from '../services/models.ts';
import type { Picture } from '../services/pictures.ts';
import { openWorkstation } from '../services/workstation.ts';
import { calibrateOnStudies, studyOf, writeCtStudies } from './ct-studies.ts';
import { randomProfile, wavyPicture, wavyPictures } from './made-up.ts';
import { type BenchContext, type BenchRow, figure } from './suite.ts';

const BATCH = 8;
const TURNS = 5;
/** Patient id of the long series. */
const SERIES = 'BENCH-SERIES';

export interface Folder {
  /** Of the model, in the rows. */
  readonly name: string;
  readonly packFolder: string;
  readonly profilePath: string;
  readonly preset: string;
  /** Images in the folder. */
  readonly count: number;
}

/**
 * A folder of PNG files from disk to scores and maps, against the bare forward passes of as many images. Both take turns,
 * and the ratio is that of the middle turn, so that other work on the machine disturbs both alike.
 */
export async function folderAgainstForward(context: BenchContext, folder: Folder): Promise<readonly BenchRow[]> {
  const { tools, job, scratch } = context;
  const { name, packFolder, profilePath, preset } = folder;
  const count = context.quick ? 2 * BATCH : folder.count;
  const turns = context.quick ? 1 : TURNS;
  const pictures = await writePictures(join(scratch, `folder-${name.replace('/', '-')}`), count, 512);
  const settings = { profilePath, provider: 'cpu', modelName: packFolder } as const;
  for await (const _ of detectFiles(tools, pictures.slice(0, BATCH), settings, job.signal)); // opens the sessions
  const forward = await bareForward(context, packFolder);
  const times: { readonly bare: number; readonly whole: number }[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const part = pictures.slice((turn * count) / turns, ((turn + 1) * count) / turns);
    const bare = await forward(part.length);
    const started = performance.now();
    for await (const _ of detectFiles(tools, part, settings, job.signal));
    times.push({ bare, whole: performance.now() - started });
    job.progress({ done: turn + 1, total: turns, unit: 'turns', note: `A folder end to end, ${name}` });
  }
  const total = (kind: 'bare' | 'whole') => times.reduce((sum, time) => sum + time[kind], 0) / 1000;
  const ratios = times.map(({ bare, whole }) => whole / bare).sort((a, b) => a - b);
  const note = `${count} PNG files of 512 x 512, preset ${preset}, batch ${BATCH}, ${turns} turns`;
  return [
    figure(`${name}: folder, bare forward passes`, total('bare'), 's', note),
    figure(`${name}: folder, from files to scores and maps`, total('whole'), 's', note),
    figure(`${name}: folder, end to end against forward`, ratios[Math.floor(turns / 2)]!, 'ratio', note),
  ];
}

/** Gives the time, in ms, that the vision tower alone takes for so many pictures. */
async function bareForward(
  { tools, job }: BenchContext,
  packFolder: string,
): Promise<(count: number) => Promise<number>> {
  const { manifest } = await loadPack(packFolder);
  const side = manifest.vision.imageSize;
  const random = new Random(1);
  const mapWeights = mapsWeights(manifest.vision.weights);
  const pictures = picturesPerRun(manifest.vision.weights);
  const pixels = Float32Array.from({ length: pictures * 3 * side ** 2 }, () => random.between(-1, 1));
  const model = await readFile(join(packFolder, manifest.vision.graph));
  return async (count) => {
    const session = { dataFolder: packFolder, mapWeights };
    const feeds = { pixels: { dims: [pictures, 3, side, side], data: pixels } };
    const input = { model, session, feeds, repeats: Math.ceil(count / pictures) };
    const { runMs } = await tools.engine.run('measure', input, { signal: job.signal });
    return runMs.reduce((sum, ms) => sum + ms, 0) * (count / pictures / runMs.length);
  };
}

/** A profile of random adapters for a pack of random weights. @returns its path */
export async function writeRandomProfile({ scratch }: BenchContext, packFolder: string): Promise<string> {
  const { manifest, identity } = await loadPack(packFolder);
  const { name, architecture, vision } = manifest;
  const path = join(scratch, `${name}.profile`);
  await writeFile(path, randomProfile({ name, identity, embedDim: architecture.embedDim }, vision.taps));
  return path;
}

/** A calibration of the embedded model with the preset `default`. @returns its path */
export async function calibrateEmbedded({ tools, job, scratch }: BenchContext): Promise<string> {
  const { profile } = await tools.engine.run(
    'calibrate',
    {
      packFolder: await modelFolder(tools, 'embedded'),
      support: wavyPictures(16, 256, 500_000),
      heldOut: [],
      preset: 'default',
      method: methodSettingsOf('default'),
      seed: 1,
      provider: 'cpu',
      toleratedShare: 0.05,
      preprocessing: preprocessingOf(),
    },
    { signal: job.signal },
  );
  const path = join(scratch, 'embedded.profile');
  await writeFile(path, profile);
  return path;
}

/** How long a reader waits for the first slice of a CT series of 200 in the store, with the embedded model. */
export async function seriesOfSlices({ tools, job, scratch, quick }: BenchContext): Promise<readonly BenchRow[]> {
  const [count, side] = quick ? [16, 128] : [200, 512];
  const normals = Array.from({ length: 18 }, (_, index) => `BENCH-NORMAL-${index}`);
  const files = join(scratch, 'series');
  await writeCtStudies(files, { titles: normals, slices: 1, side }, job.signal);
  await writeCtStudies(files, { titles: [SERIES], slices: count, side }, job.signal);
  const station = openWorkstation(tools, join(scratch, 'series-data'));
  try {
    await importPaths(station, [files], job);
    const calibrationId = await calibrateOnStudies(station, normals, 'default', job);
    // Providers are tested once, not at each start.
    const packFolder = await modelFolder(tools, 'embedded');
    await tools.engine.run('pictureFeatures', { packFolder, provider: 'auto', images: wavyPictures(1, side) });
    tools.restartEngine(); // as after the start of the application
    const started = performance.now();
    let first = 0;
    const progress: JobContext['progress'] = (seen) => {
      if (seen.done > 0) first ||= performance.now() - started;
      job.progress(seen);
    };
    await analyseStudy(station, { studyInstanceUid: studyOf(SERIES), calibrationId }, { ...job, progress });
    const all = performance.now() - started;
    const { provider } = openLatestAnalysis(station.store, studyOf(SERIES))!;
    const note = `${count} CT slices of ${side} x ${side} in the store, embedded model, preset default, a new engine, ${provider}`;
    return [
      figure('series: first scored slice', first / 1000, 's', note),
      figure('series: all slices', all / 1000, 's', note),
    ];
  } finally {
    station.store.db.close();
  }
}

/** Files with nothing in common but their size: what was seen before would cost nothing. */
async function writePictures(folder: string, count: number, side: number): Promise<Picture[]> {
  await mkdir(folder);
  const pictures: Picture[] = [];
  for (let index = 0; index < count; index++) {
    const { data, width, height } = wavyPicture(1 + index, side);
    const path = join(folder, `${index}.png`);
    await sharp(data, { raw: { width, height, channels: 1 } })
      .png({ compressionLevel: 1 })
      .toFile(path);
    const kind = { modality: 'OT', bodyPart: '', view: '', scanner: '', protocol: '' };
    pictures.push({ path, label: path, frame: 0, key: path, owner: path, kind });
  }
  return pictures;
}
