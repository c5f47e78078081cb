/** The commands over real files and a real store, with an engine that takes brightness for anomaly. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { noSystemKeys, testWorkstation } from '../../tests/support/workstation.ts';
import { dicomFile, imageElements } from '../imaging/samples.ts';
import type { Tools } from '../services/workstation.ts';
import { runCommandLine } from './command-line.ts';

const output: string[] = [];
const log: string[] = [];
let abort: AbortController;
let dataFolder: string;
let tools: Tools;

beforeEach(() => {
  output.length = 0;
  log.length = 0;
  abort = new AbortController();
  dataFolder = freshFolder();
  const { store: _, ...rest } = testWorkstation(brightnessEngine, {
    print: async () => Buffer.from('%PDF-1.7 of a test'),
  });
  tools = rest;
});

const run = (...args: string[]) =>
  runCommandLine(args, {
    print: (line) => output.push(line),
    log: (line) => log.push(line),
    signal: abort.signal,
    dataFolder,
    versions: { electron: '', chromium: '', node: '' },
    toolsOn: () => tools,
    systemKeys: async () => noSystemKeys,
  });

/** The result, once it is known to be one line of JSON. */
function result(): Record<string, unknown> {
  expect(output).toHaveLength(1);
  return JSON.parse(output[0] ?? '');
}

/** A folder of grey 32 x 32 pictures of the given brightness. */
async function pictures(...levels: number[]): Promise<string> {
  const folder = join(freshFolder(), 'pictures');
  mkdirSync(folder);
  for (const [index, level] of levels.entries())
    await sharp(Buffer.alloc(32 * 32, level), { raw: { width: 32, height: 32, channels: 1 } })
      .png()
      .toFile(join(folder, `${index}.png`));
  return folder;
}

/** A grey 32 x 32 picture with a square of 4 x 4 in another level. */
async function spot(path: string, at: number, level: number, around: number): Promise<void> {
  const data = Buffer.alloc(32 * 32, around);
  for (let y = at; y < at + 4; y++) data.fill(level, y * 32 + at, y * 32 + at + 4);
  mkdirSync(dirname(path), { recursive: true });
  await sharp(data, { raw: { width: 32, height: 32, channels: 1 } })
    .png()
    .toFile(path);
}

/** An evaluation asks the pack for the size of its images. */
const embedded = join(import.meta.dirname, '../../models/embedded/pack');

type Evaluated = Record<string, { mean: number; sd: number; perSeed: number[] }>;

describe('deidentify', () => {
  it('writes copies of files and of a stored study under the same pseudonyms, and says what it left out', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'slice.dcm'), dicomFile(imageElements()));
    writeFileSync(join(folder, 'notes.txt'), 'no image');
    expect(await run('deidentify', folder, '--to', join(folder, 'a'))).toBe(0);
    const { written, skipped } = result() as { written: { path: string }[]; skipped: { path: string }[] };
    expect(skipped).toEqual([{ path: join(folder, 'notes.txt'), reason: expect.stringContaining('not a DICOM file') }]);
    expect(written).toHaveLength(1);

    output.length = 0;
    expect(await run('import', join(folder, 'slice.dcm'))).toBe(0);
    expect(await run('deidentify', '--study', '2.25.1', '--to', join(folder, 'b'))).toBe(0);
    const again = JSON.parse(output.at(-1) ?? '') as { written: { path: string }[] };
    expect(again.written.map(({ path }) => path.slice(join(folder, 'b').length))).toEqual(
      written.map(({ path }) => path.slice(join(folder, 'a').length)),
    );
    const copy = readFileSync(again.written[0]?.path ?? '');
    expect(copy.toString('latin1')).not.toContain('Fictional');

    const archive = join(folder, 'c.zip');
    output.length = 0;
    expect(await run('deidentify', '--study', '2.25.1', '--to', archive)).toBe(0);
    const [packed] = (result() as { written: { path: string }[] }).written;
    const inside = (again.written[0]?.path ?? '').slice(join(folder, 'b/').length);
    expect(packed?.path).toBe(`${archive}/${inside}`);
    const files = unzipSync(readFileSync(archive));
    expect(Object.keys(files)).toEqual([inside]);
    expect(copy.equals(files[inside] ?? Buffer.alloc(0))).toBe(true);
  });
});

describe('wrong usage', () => {
  it.each([
    [[]],
    [['nonsense']],
    [['models']],
    [['import']],
    [['import', '--unknown', 'x']],
    [['studies', 'list', 'surplus']],
    [['calibrate', '--model', 'embedded', '--normals', '/x']],
    [['calibrate', '--model', 'embedded', '--normals', '/x', '--out', '/y', '--shots', 'many']],
    [['calibrate', '--model', 'embedded', '--normals', '/x', '--out', '/y', '--preset', 'best']],
    [['calibrate', '--model', 'embedded', '--normals', '/x', '--out', '/y', '--tolerated', '1.5']],
    [['calibrate', '--model', 'embedded', '--normals', '/x', '--out', '/y', '--mixture', 'cut-paste=some']],
    [['calibrate', '--model', 'embedded', '--normals', '/x', '--out', '/y', '--phrase-position', 'back']],
    [['export', '--study', '1', '--to', '/x', '--formats', 'docx']],
    [['pacs', 'echo']],
    [['pacs', 'add', 'name', '--host', 'localhost']],
    [['pacs', 'send', '--node', 'name']],
  ])('%j ends with 2, an explanation on stderr and nothing on stdout', async (args) => {
    expect(await run(...args)).toBe(2);
    expect(log.join('')).not.toBe('');
    expect(output).toEqual([]);
  });

  it('does not count help', async () => {
    expect(await run('--help')).toBe(0);
    expect(log.join('')).toContain('calibrate --model');
  });
});

describe('import and studies', () => {
  it('import, list, and import again without change', async () => {
    const folder = await pictures(10, 20);
    writeFileSync(join(folder, 'notes.txt'), 'words');
    expect(await run('import', folder)).toBe(0);
    expect(result()).toMatchObject({
      studies: 1,
      series: 1,
      instances: 2,
      skipped: [{ path: join(folder, 'notes.txt') }],
    });
    output.length = 0;
    expect(await run('studies', 'list')).toBe(0);
    expect(result()).toMatchObject({ frameCount: 2, state: 'new' });
    output.length = 0;
    expect(await run('--data-dir', dataFolder, 'import', folder)).toBe(0);
    expect(result()).toMatchObject({ instances: 0, known: 2 });
  });

  it('end with 3 and name the file where nothing could be imported', async () => {
    const path = join(freshFolder(), 'image.dcm');
    writeFileSync(path, 'words');
    expect(await run('import', path)).toBe(3);
    expect(log.at(-1)).toMatch(new RegExp(`^${path}: .*[.]$`));
  });

  it('end with 130 when cancelled', async () => {
    abort.abort();
    expect(await run('import', await pictures(1))).toBe(130);
  });
});

describe('calibrate, detect and evaluate', () => {
  it('go from normal images to scores', async () => {
    const folder = freshFolder();
    const profile = join(folder, 'site.profile');
    const normals = await pictures(10, 20, 30, 40, 50);
    expect(
      await run(
        'calibrate',
        '--model',
        'embedded',
        '--normals',
        normals,
        '--shots',
        '3',
        '--seed',
        '2',
        '--out',
        profile,
      ),
    ).toBe(0);
    expect(result()).toMatchObject({
      profile,
      steps: 3,
      lossFirst: 1,
      lossLast: 0.5,
      threshold: expect.any(Number),
      thresholdFrom: 'held-out',
    });
    expect(readdirSync(folder)).toEqual(['site.profile']);

    output.length = 0;
    const tests = await pictures(200, 15);
    const overlays = join(folder, 'overlays');
    expect(await run('detect', '--profile', profile, '--model', 'embedded', tests, '--overlays', overlays)).toBe(0);
    const lines = output.map((line) => JSON.parse(line));
    expect(lines).toEqual([
      {
        path: join(tests, '0.png'),
        frame: 0,
        score: expect.closeTo(200 / 255, 5),
        pValue: 0.5,
        flagged: true,
        ms: expect.any(Number),
        thresholdFrom: 'held-out',
        provider: 'cpu',
        providerVersion: expect.any(String),
        fits: true,
      },
      {
        path: join(tests, '1.png'),
        frame: 0,
        score: expect.closeTo(15 / 255, 5),
        pValue: 0.5,
        flagged: false,
        ms: expect.any(Number),
        thresholdFrom: 'held-out',
        provider: 'cpu',
        providerVersion: expect.any(String),
        fits: true,
      },
    ]);
    expect((await sharp(join(overlays, '0.png')).metadata()).format).toBe('png');
    expect(readdirSync(overlays).sort()).toEqual(['0.png', '1.png']);

    // Of another kind than the normals: scored all the same, and said.
    output.length = 0;
    const { paths } = writePhantomStudy(folder, { number: 1 });
    expect(await run('detect', '--profile', profile, '--model', 'embedded', ...paths, join(tests, '0.png'))).toBe(0);
    expect(output.map((line) => JSON.parse(line).fits)).toEqual([false, true]);
    expect(log.at(-1)).toMatch(/^1 of the 2 images are not .*: modality CT instead of /);
  });

  it('leave no profile where they fail or are cancelled', async () => {
    const folder = freshFolder();
    const out = join(folder, 'site.profile');
    expect(await run('calibrate', '--model', 'embedded', '--normals', await pictures(10), '--out', out)).toBe(3);
    expect(log.at(-1)).toContain('at least 2 normal images');
    expect(await run('calibrate', '--model', 'absent', '--normals', await pictures(10, 20), '--out', out)).toBe(3);
    abort.abort();
    expect(await run('calibrate', '--model', 'embedded', '--normals', await pictures(10, 20), '--out', out)).toBe(130);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuse a profile that is none', async () => {
    const profile = join(freshFolder(), 'site.profile');
    writeFileSync(profile, 'words');
    expect(await run('detect', '--profile', profile, await pictures(10))).toBe(3);
    expect(log.at(-1)).toContain(profile);
  });

  it('evaluate per seed on all that was not drawn', async () => {
    const normal = await pictures(10, 20, 30, 40, 50, 60);
    const abnormal = await pictures(200, 210, 25);
    expect(
      await run(
        'evaluate',
        '--model',
        embedded,
        '--normal',
        normal,
        '--abnormal',
        abnormal,
        '--shots',
        '2',
        '--seeds',
        '3',
      ),
    ).toBe(0);
    const { imageAuroc, imageAp, falsePositiveRateAtThreshold, ...rest } = result() as Record<
      string,
      { mean: number; sd: number; perSeed: number[] }
    >;
    expect(rest).toMatchObject({ normals: 6, abnormals: 3, shots: 2, peakRssMb: 1 });
    // Two of three abnormals lie above all normals; the third above 0 to 2 of the 4 that are tested.
    for (const value of imageAuroc?.perSeed ?? [])
      expect([8 / 12, 9 / 12, 10 / 12]).toContainEqual(expect.closeTo(value, 10));
    expect(imageAuroc?.perSeed).toHaveLength(3);
    const mean = (imageAuroc?.perSeed ?? []).reduce((sum, value) => sum + value, 0) / 3;
    expect(imageAuroc?.mean).toBeCloseTo(mean, 10);
    expect(imageAp?.mean).toBeGreaterThan(0.6);
    expect(falsePositiveRateAtThreshold?.mean).toBeLessThan(0.5);
    expect(rest).toMatchObject({ nullBaseline: null, note: expect.stringContaining('add --null-baseline') });
    expect(log.at(-1)).toContain('The null baseline was not measured');
  });

  it('evaluate with normals held out for the threshold, which neither train nor are tested', async () => {
    const files = ['--normal', await pictures(10, 20, 30, 40, 50, 60, 70, 80), '--abnormal', await pictures(200, 210)];
    const command = ['evaluate', '--model', embedded, ...files, '--shots', '2', '--seeds', '4'];
    expect(await run(...command, '--hold-out', '4')).toBe(0);
    const held = result() as Evaluated;
    expect(held).toMatchObject({ heldOut: 4, thresholdFrom: 'held-out', shots: 2 });
    // This engine's threshold lies 0.1, 25 grey levels, above the highest normal that it rests on; two are tested.
    for (const rate of held.falsePositiveRateAtThreshold.perSeed) expect([0, 0.5, 1]).toContain(rate);

    output.length = 0;
    expect(await run(...command)).toBe(0);
    expect(result()).toMatchObject({ heldOut: 0, thresholdFrom: 'cross-fit' });
    expect(await run(...command, '--hold-out', '6')).toBe(3);
    expect(log.at(-1)).toContain('Give more than 8');
  });

  it('evaluate pixels against masks, which find their images in folders of the same names', async () => {
    const folder = freshFolder();
    const normal = await pictures(10, 20, 30, 40);
    // Two images of the same name, each with a bright spot of 4 x 4 in 32 x 32; this engine's map is the picture.
    for (const [place, at] of [
      ['a', 2],
      ['b', 20],
    ] as const) {
      await spot(join(folder, 'abnormal', place, '1.png'), at, 200, 30);
      await spot(join(folder, 'masks', place, '1.png'), at, 1, 0); // 1 of 255 is marked too
    }
    const files = ['--normal', normal, '--abnormal', join(folder, 'abnormal')];
    const command = ['evaluate', '--model', embedded, ...files, '--shots', '2', '--seeds', '1'];
    expect(await run(...command, '--masks', join(folder, 'masks'))).toBe(0);
    const { pixelAuroc, pro } = result() as Evaluated;
    expect(pixelAuroc?.mean).toBe(1);
    expect(pro?.mean).toBeCloseTo(1, 10);

    output.length = 0;
    await spot(join(folder, 'masks', 'b', '1.png'), 2, 1, 0); // marks another place
    expect(await run(...command, '--masks', join(folder, 'masks'))).toBe(0);
    expect((result() as Evaluated).pixelAuroc?.mean).toBeLessThan(0.8);
  });

  it('refuse masks that mark nothing, are missing, or could belong to several images', async () => {
    const folder = freshFolder();
    const masks = join(folder, 'masks');
    await spot(join(folder, 'abnormal', 'a', '1.png'), 2, 200, 30);
    const files = ['--normal', await pictures(10, 20, 30), '--abnormal', join(folder, 'abnormal'), '--masks', masks];
    const evaluate = () => run('evaluate', '--model', embedded, ...files, '--shots', '2', '--seeds', '1');
    await spot(join(masks, '2.png'), 2, 255, 0);
    expect(await evaluate()).toBe(3);
    expect(log.at(-1)).toContain('no mask named "1"');
    await spot(join(masks, '1.png'), 2, 0, 0);
    expect(await evaluate()).toBe(3);
    expect(log.at(-1)).toMatch(/1\.png.*marks nothing/);
    await spot(join(masks, '1.png'), 2, 255, 0);
    await spot(join(masks, 'old', '1.png'), 4, 255, 0);
    expect(await evaluate()).toBe(3);
    expect(log.at(-1)).toContain('could be the mask');
    await spot(join(folder, 'abnormal', 'b', '1.png'), 2, 200, 30);
    rmSync(join(masks, 'old'), { recursive: true });
    expect(await evaluate()).toBe(3);
    expect(log.at(-1)).toContain('the same mask');
    expect(output).toEqual([]);
  });

  it('evaluate random weights of the same architecture on the same splits', async () => {
    const [normal, abnormal] = [await pictures(10, 20, 30, 40), await pictures(200, 15)];
    const files = ['--model', embedded, '--normal', normal, '--abnormal', abnormal];
    expect(await run('evaluate', ...files, '--shots', '2', '--seeds', '2', '--null-baseline')).toBe(0);
    const { imageAuroc, imageAp, nullBaseline, note } = result();
    expect(note).toBeUndefined();
    // This engine looks at no weights, so that only other splits could make a difference.
    expect(nullBaseline).toMatchObject({ imageAuroc, imageAp });
  });

  it('refuse to test on nothing', async () => {
    const normal = await pictures(10, 20);
    expect(await run('evaluate', '--model', embedded, '--normal', normal, '--abnormal', normal, '--shots', '2')).toBe(
      3,
    );
  });
});

describe('upkeep', () => {
  it('backs up, restores, and verifies database and trail', async () => {
    const folder = await pictures(10);
    const copy = join(freshFolder(), 'backup.sqlite');
    await run('import', folder);
    expect(await run('db', 'backup', copy)).toBe(0);
    expect(existsSync(copy)).toBe(true);
    await run('import', await pictures(20));
    expect(await run('db', 'restore', copy)).toBe(0);
    output.length = 0;
    await run('studies', 'list');
    expect(output).toHaveLength(1);
    output.length = 0;
    expect(await run('db', 'check')).toBe(0);
    expect(result()).toMatchObject({ ok: true, problems: [] });
    output.length = 0;
    expect(await run('audit', 'verify')).toBe(0);
    expect(result()).toEqual({ ok: true, entries: 2 });
    const trail = join(freshFolder(), 'trail.jsonl');
    expect(await run('audit', 'export', trail)).toBe(0);
    const actions = readFileSync(trail, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).action);
    expect(actions).toEqual(['import', 'database.restore', 'audit.verify']);
  });

  it('names a damaged database and what to do', async () => {
    writeFileSync(join(dataFolder, 'workstation.sqlite'), 'not a database at all, but long enough to be looked at');
    expect(await run('db', 'check')).toBe(3);
    expect(log.at(-1)).toContain('db restore');
    expect(result()).toMatchObject({ ok: false, problems: [expect.stringContaining('damaged')] });
  });

  it('exports of a stored study the draft of its report, and nothing else before the signature', async () => {
    await run('import', await pictures(10));
    output.length = 0;
    await run('studies', 'list');
    const { studyInstanceUid } = result();
    output.length = 0;
    const to = join(freshFolder(), 'out');
    expect(await run('export', '--study', String(studyInstanceUid), '--to', to)).toBe(0);
    const path = join(to, `report-${studyInstanceUid}.pdf`);
    expect(result()).toEqual({ files: [{ path, format: 'pdf', sopInstanceUid: null }] });
    expect(readFileSync(path, 'utf8')).toContain('%PDF');
    expect(await run('export', '--study', String(studyInstanceUid), '--to', to, '--formats', 'pdf,sr')).toBe(1);
    expect(log.at(-1)).toContain('signed report');
    expect(readdirSync(to)).toEqual([`report-${studyInstanceUid}.pdf`]);
  });
});
