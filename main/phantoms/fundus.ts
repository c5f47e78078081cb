/** Colour photographs of the retina, 8 bits a channel. */
import { soften } from './acquisition.ts';
import { smoothNoise, whiteNoise } from './noise.ts';
import { lesionIn, type Recipe, type Scene } from './scene.ts';
import { band, both, ellipse, inset, type Point, type Shape, vesselTree, wander } from './shapes.ts';
import { blankPlane, mark, type Plane, paint, type Sheet } from './sheet.ts';

type Colour = readonly [red: number, green: number, blue: number];

export const fundus: Recipe = {
  modality: 'OP',
  bodyPart: 'EYE',
  names: ['fundus photograph', 'retinal photograph', 'colour fundus image of the retina'],
  lesions: {
    exudate: ['hard exudates', 'yellow exudates'],
    bleed: ['retinal haemorrhages', 'blot haemorrhage'],
    microaneurysm: ['microaneurysms', 'small red dots'],
    'cotton-wool': ['cotton wool spots', 'soft exudates'],
    drusen: ['drusen', 'macular degeneration with drusen'],
    scar: ['pigmented scar', 'chorioretinal scar'],
  },
  channels: 3,
  unit: 'grey8',
  window: { center: 128, width: 256 },
  fieldOfView: 20,
  draw(scene) {
    const { sheet, anatomy, acquisition } = scene;
    const tone = anatomy.between(0.75, 1.15);
    const ground: Colour = [200 * tone, anatomy.between(70, 110) * tone, anatomy.between(25, 55) * tone];
    const mottle = smoothNoise(anatomy, sheet.side, 5, 5, 0.6);
    const planes = ground.map((level) => {
      const plane = blankPlane(sheet);
      for (let i = 0; i < plane.length; i++) plane[i] = level * (1 + 0.07 * mottle[i]!);
      return plane;
    });
    const eye = anatomy.uniform() < 0.5 ? -1 : 1;
    const disc: Point = { x: eye * anatomy.between(0.35, 0.5), y: anatomy.normal(0, 0.05) };
    const macula: Point = { x: disc.x - eye * 0.52, y: disc.y + 0.06 };
    tint(sheet, planes, ellipse(macula.x, macula.y, 0.24, 0.22), [0.62, 0.5, 0.55], 0.35);
    drawDiscAndVessels(scene, planes, disc, eye);
    drawFundusLesion(scene, planes, macula);

    const glow = anatomy.between(0.25, 0.55);
    const gray = acquisition.between(2, 6);
    for (const plane of planes) {
      soften(sheet, plane, acquisition.between(0.4, 0.9));
      const noise = whiteNoise(acquisition, plane.length);
      for (let i = 0; i < plane.length; i++) {
        const r =
          Math.hypot(((i % sheet.side) + 0.5) / sheet.side - 0.5, Math.floor(i / sheet.side) / sheet.side - 0.5) * 2;
        const lit = r > 0.94 ? 0 : 1 - glow * r * r;
        plane[i] = Math.max(0, Math.min(255, plane[i]! * lit + (lit > 0 ? gray * noise[i]! : 2)));
        if (lit === 0) scene.mask[i] = 0;
      }
    }
    return planes;
  },
};

function drawDiscAndVessels(scene: Scene, planes: readonly Plane[], disc: Point, eye: number): void {
  const { sheet, anatomy } = scene;
  const size = anatomy.between(0.1, 0.135);
  wash(sheet, planes, ellipse(disc.x, disc.y, size * 0.92, size), [245, 190, 110], 0.035, 0.9);
  wash(sheet, planes, ellipse(disc.x, disc.y, size * 0.45, size * 0.5), [255, 230, 170], 0.05, 0.9);
  for (const vertical of [-1, 1]) {
    for (const [turn, width] of [
      [0.35, 0.02],
      [0.15, 0.015],
      [1.1, 0.014],
      [2.3, 0.01],
    ] as const) {
      const heading =
        vertical *
        (eye > 0 ? Math.PI - 1.15 + turn * 0.4 - (turn > 1 ? 1.4 : 0) : 1.15 - turn * 0.4 + (turn > 1 ? 1.4 : 0));
      const vein = anatomy.uniform() < 0.5;
      const colour: Colour = vein ? [0.62, 0.42, 0.55] : [0.8, 0.6, 0.65];
      for (const vessel of vesselTree(
        anatomy,
        disc,
        heading + anatomy.normal(0, 0.12),
        anatomy.between(0.35, 0.5),
        width * (vein ? 1.1 : 0.8),
        3,
      ))
        tint(sheet, planes, band(vessel.points, vessel.startWidth, vessel.endWidth), colour, 0.012);
    }
  }
  for (let k = 0; k < 6; k++) {
    const start = { x: disc.x - eye * anatomy.between(0.2, 0.6), y: anatomy.between(-0.6, 0.6) };
    tint(
      sheet,
      planes,
      band(wander(anatomy, start, anatomy.between(0, 6), 0.3, 5, 0.3), 0.006, 0.003),
      [0.8, 0.65, 0.7],
      0.01,
    );
  }
}

function drawFundusLesion(scene: Scene, planes: readonly Plane[], macula: Point): void {
  const { sheet, fate } = scene;
  const field = ellipse(0, 0, 0.75, 0.75);
  const near = both(ellipse(macula.x, macula.y, 0.35, 0.35), field);
  const several = (
    count: number,
    region: Shape,
    small: number,
    large: number,
    ragged: number,
    put: (shape: Shape) => void,
  ) => {
    const cluster = fate.uniform() < 0.6 ? both(inset(lesionIn(scene, region, 0.15, 0.3).shape, 0), field) : region;
    for (let k = count; k > 0; k--) {
      const { shape } = lesionIn(scene, cluster, small, large, ragged);
      put(shape);
      mark(sheet, scene.mask, inset(shape, -0.008));
    }
  };
  switch (scene.lesion) {
    case 'exudate':
      several(5 + fate.below(14), field, 0.012, 0.045, 0.25, (s) =>
        wash(sheet, planes, s, [250, 225, 130], 0.012, 0.9),
      );
      return;
    case 'bleed':
      several(1 + fate.below(7), field, 0.03, 0.09, 0.25, (s) => tint(sheet, planes, s, [0.55, 0.25, 0.35], 0.02));
      return;
    case 'microaneurysm':
      several(5 + fate.below(12), field, 0.009, 0.018, 0.05, (s) => tint(sheet, planes, s, [0.6, 0.28, 0.4], 0.01));
      return;
    case 'cotton-wool':
      several(1 + fate.below(5), field, 0.04, 0.08, 0.2, (s) => wash(sheet, planes, s, [245, 220, 180], 0.06, 0.75));
      return;
    case 'drusen':
      several(8 + fate.below(16), near, 0.014, 0.035, 0.1, (s) => wash(sheet, planes, s, [235, 190, 90], 0.025, 0.7));
      return;
    case 'scar':
      several(1 + fate.below(2), field, 0.07, 0.18, 0.25, (s) => {
        wash(sheet, planes, s, [235, 215, 170], 0.03, 0.85);
        tint(sheet, planes, inset(s, 0.05), [0.4, 0.35, 0.4], 0.03);
      });
      return;
  }
}

/** Mixes in a colour, 0..255 per channel. */
function wash(
  sheet: Sheet,
  planes: readonly Plane[],
  shape: Shape,
  colour: Colour,
  softness: number,
  opacity: number,
): void {
  for (const [k, plane] of planes.entries()) paint(sheet, plane, shape, colour[k]!, { softness, opacity });
}

/** Multiplies by a share per channel, as blood over the retina does. */
function tint(sheet: Sheet, planes: readonly Plane[], shape: Shape, colour: Colour, softness: number): void {
  for (const [k, plane] of planes.entries()) {
    const share = colour[k]!;
    paint(sheet, plane, shape, (i) => plane[i]! * share, { softness });
  }
}
