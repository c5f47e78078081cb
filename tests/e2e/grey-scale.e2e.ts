/** What the screen makes of windows and spacings as files state them, against what the network sees of the same files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { toModelImage } from '../../main/imaging/model-image.ts';
import { openImage } from '../../main/imaging/pixels.ts';
import { dicomFile, type Element, imageElements } from '../../main/imaging/samples.ts';
import { freshFolder } from '../support/launch.ts';
import { askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, type WorkstationPages } from '../support/pages/pages.ts';

const SIDE = 64;
/** Stored values of four broad bars. */
const BARS = [200, 900, 1200, 1900];
const FUNCTIONS = ['LINEAR', 'LINEAR_EXACT', 'SIGMOID'] as const;

const TABLE = 'VOI LUT';
const FILES = [...FUNCTIONS, TABLE];

/** As files state how grey follows from values: a window with its function, or an S-shaped table, dark for high values. */
function greyScale(name: string): Element[] {
  const window: Element[] = [
    [0x00281050, 'DS', '1000'],
    [0x00281051, 'DS', '1600'],
    [0x00281056, 'CS', name],
  ];
  const entries = Array.from({ length: 2048 }, (_, value) => Math.round(4095 / (1 + Math.exp((value - 1000) / 250))));
  const table: Element[] = [
    [
      0x00283010,
      'SQ',
      [
        [
          [0x00283002, 'US', [entries.length, 0, 12]],
          [0x00283003, 'LO', 'SHAPED'],
          [0x00283006, 'US', entries],
        ],
      ],
    ],
  ];
  return name === TABLE ? table : window;
}

/** A radiograph of bars, with the spacing of its detector alone. */
function radiograph(number: number, name: string, instance = 1): Uint8Array {
  const pixels = Uint16Array.from({ length: SIDE * SIDE }, (_, i) => BARS[Math.floor((i % SIDE) / 16)] as number);
  return dicomFile(
    imageElements([
      [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.1.1'],
      [0x00080018, 'UI', `2.25.61.${number}.${instance}`],
      [0x00080060, 'CS', 'DX'],
      [0x00100020, 'LO', `F-${number}`],
      [0x00181164, 'DS', '0.2\\0.2'],
      [0x0020000d, 'UI', `2.25.62.${number}`],
      [0x0020000e, 'UI', `2.25.63.${number}`],
      [0x00200013, 'IS', String(instance)],
      [0x00280010, 'US', SIDE],
      [0x00280011, 'US', SIDE],
      [0x00280103, 'US', 0],
      ...greyScale(name),
      [0x7fe00010, 'OW', new Uint8Array(pixels.buffer)],
    ]),
  );
}

describe('grey values on the screen', () => {
  const folder = join(freshFolder(), 'radiographs');
  let station: WorkstationPages;

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    for (const [i, name] of FILES.entries()) writeFileSync(join(folder, `${name}.dcm`), radiograph(i, name));
    writeFileSync(join(folder, 'after-table.dcm'), radiograph(FILES.indexOf(TABLE), 'LINEAR', 2));
    station = await openWorkstation();
    await answerOpenDialog(station.app, [folder]);
    await station.worklist.import('folder');
    await station.jobs.waitFor('import', 'done');
    await station.jobs.close();
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(() => station?.close());

  /** What the network sees of a file: one level a bar. */
  async function seenByNetwork(name: string): Promise<number[]> {
    const { header, decode } = await openImage(join(folder, `${name}.dcm`));
    const seen = [...new Set(toModelImage(await decode(0), header).image.data)];
    expect(seen).toHaveLength(4);
    return seen;
  }
  /** Waits until the screen shows the levels, within 2 of 255, or, where `shown` is false, until none of the inner two. */
  const expectOnScreen = (levels: readonly number[], shown = true) =>
    expect
      .poll(async () => {
        const greys = await station.viewer.broadGreys();
        return levels.map((level) => greys.some((grey) => Math.abs(grey - level) <= 2));
      })
      .toEqual(levels.map(() => shown));
  async function openFile(name: string): Promise<void> {
    const { worklist, window } = station;
    await worklist.open();
    const studies = await askFor(window, 'studies.list');
    const study = studies.find(({ patientId }) => patientId === `F-${FILES.indexOf(name)}`);
    await worklist.openStudy(study?.studyInstanceUid ?? '');
  }

  test.each(FILES)('follow %s as the network does', async (name) => {
    await openFile(name);
    await expectOnScreen(await seenByNetwork(name));
  });

  test('leave a table for any other window, and come back to it', async () => {
    const { viewer } = station;
    const seen = await seenByNetwork(TABLE);
    await viewer.press('i');
    await expectOnScreen(seen.map((level) => 255 - level));
    await viewer.press('i');
    await expectOnScreen(seen);
    await viewer.press('w');
    await viewer.drag([0.4, 0.4], [0.5, 0.45]);
    await expectOnScreen(seen.slice(1, 3), false);
    await viewer.press('r');
    await expectOnScreen(seen);
  });

  test('leave a table behind with its picture', async () => {
    const { viewer } = station;
    await openFile(TABLE);
    await expectOnScreen(await seenByNetwork(TABLE));
    await viewer.press('ArrowDown');
    await expectOnScreen(await seenByNetwork('LINEAR'));
    await viewer.press('ArrowUp');
    await expectOnScreen(await seenByNetwork(TABLE));
  });

  test('a length says that it was measured at the detector', async () => {
    const { viewer } = station;
    await viewer.press('l');
    await viewer.drag([0.4, 0.4], [0.6, 0.4]);
    await expect.poll(() => viewer.measuredText()).toMatch(/^[\d.]+ mm \(detector\)/);
  });
});
