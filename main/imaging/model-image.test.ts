import { describe, expect, it } from 'vitest';
import { toDisplay } from './display.ts';
import type { InstanceHeader } from './instance.ts';
import { chooseCtWindow, DEFAULT_RECIPE, PREPROCESSING_VERSION, toModelImage } from './model-image.ts';
import { openImage } from './pixels.ts';
import { dicomFile, type Element, imageElements, type Value } from './samples.ts';

type Change = readonly [number, string, Value | null];

async function opened(...changes: Change[]) {
  const { header, decode } = await openImage(dicomFile(imageElements(changes)));
  return { header, frame: await decode(0) };
}

/** What the network sees, pixel by pixel, and how it was made. */
async function seen(recipe = DEFAULT_RECIPE, ...changes: Change[]) {
  const { header, frame } = await opened(...changes);
  const { image, description } = toModelImage(frame, header, recipe);
  return { levels: [...image.data], image, description };
}

const stored = (...values: number[]): Change => [0x7fe00010, 'OW', new Uint8Array(Int16Array.from(values).buffer)];
const rescale: Change[] = [
  [0x00281052, 'DS', '-1024'],
  [0x00281053, 'DS', '1'],
];
const modality = (name: string): Change => [0x00080060, 'CS', name];
const head: Change = [0x00180015, 'CS', 'HEAD'];

describe('toModelImage', () => {
  it('windows a head CT in Hounsfield units at 40/80', async () => {
    // HU -1000, 0, 20, 40, 60, 1000: PS3.3 C.11.2.1.2 puts x at (x - 39.5) / 79 + 0.5 of the range
    const { levels, description, image } = await seen(
      DEFAULT_RECIPE,
      ...rescale,
      head,
      stored(24, 1024, 1044, 1064, 1084, 2024),
    );
    expect(levels).toEqual([0, 0, 65, 129, 194, 255]);
    expect(description).toBe('CT window 40/80 HU (brain)');
    expect(image).toMatchObject({ width: 3, height: 2, channels: 1 });
  });

  it.each([
    ['LUNG', 'x', 'lung'],
    ['CHEST', 'Lung 1.0 B70f', 'lung'],
    ['CHEST', 'Thorax', 'soft tissue'],
    ['HEAD', 'bone 1 mm', 'bone'],
    ['', 'CCT_nativ', 'brain'],
    ['', 'Head_routine', 'brain'],
    ['', 'x', 'soft tissue'],
  ])('chooses the CT window by body part %s and description %s: %s', async (part, description, name) => {
    const made = await seen(DEFAULT_RECIPE, ...rescale, [0x00180015, 'CS', part], [0x0008103e, 'LO', description]);
    expect(made.description).toContain(`(${name})`);
  });

  it('takes the CT window that a recipe fixes', async () => {
    const recipe = { ...DEFAULT_RECIPE, ctWindow: { center: 0, width: 2000 } };
    expect((await seen(recipe, ...rescale, head)).description).toBe('CT window 0/2000 HU (chosen)');
  });

  it.each([
    ['Lunge 1.0 I70f', 'CHEST', 'lung'],
    ['Lungenfenster', '', 'lung'],
    ['Schädel nativ', '', 'brain'],
    ['SCHAEDEL', '', 'brain'],
    ['CCT nativ', 'HEAD', 'brain'],
    ['Hirn 5mm', '', 'brain'],
    ['Knochen 2mm', 'ABDOMEN', 'bone'],
    ['HEAD BONE H60s', 'HEAD', 'bone'],
    ['Kopf Knöchern', 'HEAD', 'bone'],
    ['HWS sagittal', 'NECK', 'bone'],
    ['Lendenwirbelsäule', '', 'bone'],
    ['Weichteilfenster', 'HEAD', 'soft tissue'],
    ['CTA Head Neck', 'NECK', 'soft tissue'],
    ['Kopf-Hals KM', '', 'soft tissue'],
    ['Becken portalvenös', '', 'soft tissue'],
    ['Leber', 'HEAD', 'soft tissue'],
    ['Oberbauch', '', 'soft tissue'],
    ['Topogram', 'WRIST', 'bone'],
    ['', '', 'soft tissue'],
  ])('takes for a CT series %s of %s the window %s', (description, bodyPart, name) => {
    const series = { description, bodyPart, protocol: '' };
    const header = { series, study: { description: '' } } as unknown as InstanceHeader;
    expect(chooseCtWindow(header).name).toBe(name);
  });

  it('takes the values of a screen capture for Hounsfield units only where it shifts them', async () => {
    const capture: Change = [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'];
    const described = async (...changes: Change[]) => (await seen(DEFAULT_RECIPE, capture, ...changes)).description;
    expect(await described()).not.toContain('HU');
    expect(await described([0x00281052, 'DS', '-1024'], [0x00281053, 'DS', '1'])).toContain('HU');
    expect(await described([0x00281054, 'LO', 'HU'])).toContain('HU');
  });

  it('spans an MR image between percentiles, in spite of its stored window', async () => {
    const recipe = { ...DEFAULT_RECIPE, percentiles: { low: 0, high: 100 } };
    const made = await seen(
      recipe,
      modality('MR'),
      [0x00281050, 'DS', '5'],
      [0x00281051, 'DS', '2'],
      stored(100, 200, 300, 400, 500, 600),
    );
    expect(made.levels).toEqual([0, 51, 102, 153, 204, 255]);
    expect(made.description).toBe('percentiles 0 to 100 of the frame');
  });

  it('finds the same percentiles whether values are counted or sorted', async () => {
    const recipe = { ...DEFAULT_RECIPE, percentiles: { low: 20, high: 80 } };
    const values = [-900, 5, 7, 7, 400, 30_000];
    const narrow = await seen(recipe, modality('MR'), stored(...values));
    const wide: Change[] = [0x00280100, 0x00280101].map((tag) => [tag, 'US', 32]);
    const pixels: Change = [0x7fe00010, 'OW', new Uint8Array(Int32Array.from(values).buffer)];
    expect((await seen(recipe, modality('MR'), ...wide, [0x00280102, 'US', 31], pixels)).levels).toEqual(narrow.levels);
    expect(narrow.levels).toEqual([0, 0, 1, 1, 255, 255]); // the 2nd and 5th of six: 5 and 400
  });

  it('knows the padding of float pixels', async () => {
    const recipe = { ...DEFAULT_RECIPE, percentiles: { low: 0, high: 100 } };
    const float = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
    const made = await seen(
      recipe,
      modality('MR'),
      [0x00280122, 'FL', float(-1e6)],
      [0x7fe00010, 'OW', null],
      [0x7fe00008, 'OF', float(-1e6, 0.5, 1, 1.5, -1e6, 1.5)],
    );
    expect(made.levels).toEqual([0, 0, 128, 255, 0, 255]);
  });

  it('leaves out padding when it looks for percentiles, and shows it black', async () => {
    const recipe = { ...DEFAULT_RECIPE, percentiles: { low: 0, high: 100 } };
    const made = await seen(recipe, modality('MR'), [0x00280120, 'SS', -2000], stored(-2000, 0, 50, 100, -2000, 100));
    expect(made.levels).toEqual([0, 0, 128, 255, 0, 255]);
  });

  it('leaves a border of one value out of the percentiles', async () => {
    const recipe = { ...DEFAULT_RECIPE, percentiles: { low: 0, high: 100 } };
    // 2 rows of 3: the left column is filled up with -5.
    const made = await seen(recipe, modality('MR'), stored(-5, 0, 50, -5, 100, 25));
    expect(made.levels).toEqual([0, 0, 128, 0, 255, 64]);
    expect((await seen(recipe, modality('MR'), stored(7, 7, 7, 7, 7, 7))).levels).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('shows black what an ultrasound image has outside its scan', async () => {
    const edges = (left: number, top: number, right: number, bottom: number): Element[] => [
      [0x00186018, 'UL', left],
      [0x0018601a, 'UL', top],
      [0x0018601c, 'UL', right],
      [0x0018601e, 'UL', bottom],
    ];
    const window: Change[] = [
      [0x00281050, 'DS', '128'],
      [0x00281051, 'DS', '256'],
    ];
    const scan = async (...region: [number, number, number, number]) =>
      await seen(
        DEFAULT_RECIPE,
        modality('US'),
        ...window,
        [0x00186011, 'SQ', [edges(...region)]],
        stored(10, 20, 30, 40, 50, 60),
      );
    expect((await scan(1, 0, 2, 1)).levels).toEqual([0, 20, 30, 0, 50, 60]);
    expect((await scan(1, 0, 2, 1)).description).toContain('black outside the scan');
    expect((await scan(1, 0, 99, 1)).levels).toEqual([10, 20, 30, 40, 50, 60]); // no region of this picture
  });

  it('shows black what a shutter or the collimator has cut off, and looks for percentiles inside', async () => {
    const recipe = { ...DEFAULT_RECIPE, percentiles: { low: 0, high: 100 } };
    const square: Change[] = [
      modality('RF'),
      [0x00280010, 'US', 4],
      [0x00280011, 'US', 4],
      stored(900, 900, 900, 901, 900, 100, 200, 900, 900, 150, 200, 900, 900, 900, 900, 900),
    ];
    const inside = [0, 0, 0, 0, 0, 0, 255, 0, 0, 128, 255, 0, 0, 0, 0, 0];
    const rectangle: Change[] = ['RECTANGULAR', '2', '3', '2', '3'].map((value, i) => [
      0x00181600 + 2 * i,
      i === 0 ? 'CS' : 'IS',
      value,
    ]);
    const collimated = rectangle.map(([tag, ...rest]): Change => [tag + 0x100, ...rest]);
    const circle: Change[] = [
      [0x00181600, 'CS', 'CIRCULAR'],
      [0x00181610, 'IS', '2\\2'],
      [0x00181612, 'IS', '1'],
    ];
    const polygon: Change[] = [
      [0x00181600, 'CS', 'POLYGONAL'],
      [0x00181620, 'IS', '2\\2\\2\\4\\4\\4\\4\\2'],
    ];
    for (const shape of [rectangle, collimated, polygon]) {
      const made = await seen(recipe, ...square, ...shape);
      expect(made.levels).toEqual(inside);
      expect(made.description).toBe('percentiles 0 to 100 of the frame, black outside the scan');
    }
    // The centre and its four neighbours: 900 above and on the left, 200 and 150.
    expect((await seen(recipe, ...square, ...circle)).levels.map((level) => level > 0)).toEqual(
      [0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0].map(Boolean),
    );
    const both = await seen(recipe, ...square, ...circle, ...collimated);
    expect(both.levels).toEqual([0, 0, 0, 0, 0, 0, 255, 0, 0, 128, 0, 0, 0, 0, 0, 0]);
    expect((await seen({ ...recipe, margins: 'as-stored' }, ...square, ...circle)).levels[0]).toBeGreaterThan(0);
  });

  it('shows black the text beside an ultrasound scan that declares no regions', async () => {
    const [width, height] = [160, 120];
    const picture = new Uint8Array(width * height);
    const paint = (left: number, top: number, right: number, bottom: number) => {
      for (let y = top; y < bottom; y += 1) picture.fill(200, y * width + left, y * width + right);
    };
    for (let y = 16; y < 112; y += 1) paint(80 - y / 2, y, 80 + y / 2, y + 1); // a fan
    picture.fill(0, 60 * width + 70, 60 * width + 90); // something dark inside it
    const fan = Buffer.from(picture).reduce((sum, value) => sum + value, 0);
    paint(4, 4, 40, 12); // a name, in the corner that the fan leaves
    paint(150, 100, 156, 112); // the end of a scale
    const made = await seen(
      DEFAULT_RECIPE,
      modality('US'),
      [0x00280010, 'US', height],
      [0x00280011, 'US', width],
      [0x00280100, 'US', 8],
      [0x00280101, 'US', 8],
      [0x00280102, 'US', 7],
      [0x00280103, 'US', 0],
      [0x7fe00010, 'OB', picture],
    );
    expect(made.levels.reduce((sum, value) => sum + value, 0)).toBe(fan);
    expect(made.description).toBe('grey as stored, black outside the scan');
  });

  it('inverts MONOCHROME1, so that bone is bright, and keeps its padding black', async () => {
    const made = await seen(
      DEFAULT_RECIPE,
      modality('DX'),
      [0x00280004, 'CS', 'MONOCHROME1'],
      [0x00281050, 'DS', '128'],
      [0x00281051, 'DS', '256'],
      [0x00280120, 'SS', 0],
      stored(0, 1, 64, 128, 200, 255),
    );
    expect(made.levels).toEqual([0, 254, 191, 127, 55, 0]);
    expect(made.description).toBe('stored window 128/256, inverted');
  });

  it('follows the VOI LUT of a radiograph, or percentiles where the recipe says so', async () => {
    const lut: Change = [
      0x00283010,
      'SQ',
      [
        [
          [0x00283002, 'US', [3, 10, 10]],
          [0x00283006, 'US', [0, 512, 1023]],
        ],
      ],
    ];
    const changes: Change[] = [
      modality('CR'),
      [0x00281050, 'DS', '1'],
      [0x00281051, 'DS', '2'],
      lut,
      stored(0, 10, 11, 12, 13, 99),
    ];
    expect((await seen(DEFAULT_RECIPE, ...changes)).levels).toEqual([0, 0, 128, 255, 255, 255]);
    const recipe = { ...DEFAULT_RECIPE, radiographs: 'percentiles' as const };
    expect((await seen(recipe, ...changes)).description).toContain('percentiles');
  });

  it('applies a modality LUT before anything else', async () => {
    const lut: Change = [
      0x00283000,
      'SQ',
      [
        [
          [0x00283002, 'US', [2, 0, 16]],
          [0x00283006, 'US', [0, 1000]],
        ],
      ],
    ];
    const made = await seen(
      DEFAULT_RECIPE,
      modality('CR'),
      lut,
      [0x00281050, 'DS', '500'],
      [0x00281051, 'DS', '1000'],
      stored(0, 1, 0, 1, 1, 0),
    );
    expect(made.levels).toEqual([0, 255, 0, 255, 255, 0]);
  });

  it('leaves 8-bit grey and colour as stored', async () => {
    const eight: Change[] = [
      modality('US'),
      [0x00280100, 'US', 8],
      [0x00280101, 'US', 8],
      [0x00280102, 'US', 7],
      [0x00280103, 'US', 0],
    ];
    const grey = Uint8Array.of(0, 1, 2, 100, 200, 255);
    expect((await seen(DEFAULT_RECIPE, ...eight, [0x7fe00010, 'OB', grey])).levels).toEqual([...grey]);
    const rgb = Uint8Array.from({ length: 18 }, (_, i) => i * 14);
    const made = await seen(
      DEFAULT_RECIPE,
      ...eight,
      [0x00280002, 'US', 3],
      [0x00280004, 'CS', 'RGB'],
      [0x7fe00010, 'OB', rgb],
    );
    expect(made.levels).toEqual([...rgb]);
    expect(made.image.channels).toBe(3);
  });

  it('shows a flat or undefined image black instead of failing', async () => {
    expect((await seen(DEFAULT_RECIPE, modality('MR'), stored(7, 7, 7, 7, 7, 7))).levels).toEqual([0, 0, 0, 0, 0, 0]);
    const nan = new Uint8Array(Float32Array.of(Number.NaN, 0, 1, Number.POSITIVE_INFINITY, 2, 3).buffer);
    const made = await seen(DEFAULT_RECIPE, modality('MR'), [0x7fe00010, 'OW', null], [0x7fe00008, 'OF', nan]);
    expect(made.levels[0]).toBe(0);
    expect(made.levels[5]).toBe(255);
  });

  it('has a recipe that survives being stored', () => {
    expect(JSON.parse(JSON.stringify(DEFAULT_RECIPE))).toEqual(DEFAULT_RECIPE);
    expect(DEFAULT_RECIPE.version).toBe(PREPROCESSING_VERSION);
  });
});

describe('toDisplay', () => {
  it('hands the viewer the stored values with slope, window and range', async () => {
    const { header, frame } = await opened(...rescale, head, stored(24, 1024, 1044, 1064, 1084, 2024));
    expect(toDisplay(frame, header)).toMatchObject({
      color: false,
      minPixelValue: 24,
      maxPixelValue: 2024,
      slope: 1,
      intercept: -1024,
      windows: [{ center: 40, width: 80, explanation: 'brain' }],
      invert: false,
      units: 'HU',
    });
    expect([...toDisplay(frame, header).pixels]).toEqual([24, 1024, 1044, 1064, 1084, 2024]);
  });

  it('keeps the VOI function of stored windows, and none for a preset', async () => {
    const sigmoid: Change = [0x00281056, 'CS', 'SIGMOID'];
    const window: Change[] = [
      [0x00281050, 'DS', '40'],
      [0x00281051, 'DS', '400'],
    ];
    const shown = async (...changes: Change[]) => {
      const { frame, header } = await opened(sigmoid, ...changes);
      return toDisplay(frame, header).voiFunction;
    };
    expect([await shown(...window), await shown()]).toEqual(['SIGMOID', 'LINEAR']);
  });

  it('prefers the stored windows and covers the whole range without any', async () => {
    const windowed = await opened(...rescale, [0x00281050, 'DS', '300'], [0x00281051, 'DS', '1500']);
    expect(toDisplay(windowed.frame, windowed.header).windows).toMatchObject([{ center: 300, width: 1500 }]);
    const plain = await opened(modality('MR'), [0x00280004, 'CS', 'MONOCHROME1'], stored(0, 1, 2, 3, 4, 9));
    expect(toDisplay(plain.frame, plain.header)).toMatchObject({ windows: [{ center: 5, width: 10 }], invert: true });
  });

  it('applies a modality LUT and makes a curve of a VOI LUT without its flat ends', async () => {
    const lut: Change = [
      0x00283000,
      'SQ',
      [
        [
          [0x00283002, 'US', [2, 0, 16]],
          [0x00283006, 'US', [0, 1000]],
        ],
      ],
    ];
    const voi: Change = [
      0x00283010,
      'SQ',
      [
        [
          [0x00283002, 'US', [5, 100, 8]],
          [0x00283006, 'US', [0, 0, 128, 255, 255]],
        ],
      ],
    ];
    const { header, frame } = await opened(modality('CR'), lut, voi, stored(0, 1, 0, 1, 1, 0));
    const display = toDisplay(frame, header);
    expect([...display.pixels]).toEqual([0, 1000, 0, 1000, 1000, 0]);
    expect(display).toMatchObject({ slope: 1, intercept: 0 });
    // 101 (black) to 103 (white), as LINEAR counts.
    expect(display).toMatchObject({ windows: [{ center: 102.5, width: 3 }], voiFunction: 'LINEAR' });
    expect([...(display.voiCurve ?? [])]).toEqual([0, Math.fround(128 / 255), 1]);
  });

  it('shows wide colour in 8 bits', async () => {
    const wide = new Uint8Array(Uint16Array.from({ length: 18 }, (_, i) => (i === 0 ? 65_535 : 0)).buffer);
    const { header, frame } = await opened(
      [0x00280002, 'US', 3],
      [0x00280004, 'CS', 'RGB'],
      [0x00280103, 'US', 0],
      [0x7fe00010, 'OW', wide],
    );
    const display = toDisplay(frame, header);
    expect(display.color).toBe(true);
    expect([...display.pixels].slice(0, 2)).toEqual([255, 0]);
  });
});
