/** Computed tomography in Hounsfield units: head, chest, abdomen; axial slices. */
import { soften, streaks, tomographicNoise } from './acquisition.ts';
import { drawHead, headLesionWords } from './head.ts';
import { smoothNoise } from './noise.ts';
import { lesionIn, plant, type Recipe, type Scene } from './scene.ts';
import {
  band,
  below,
  blob,
  both,
  curve,
  ellipse,
  inset,
  type Point,
  pointInside,
  rim,
  type Shape,
  vesselTree,
  wander,
  without,
} from './shapes.ts';
import { blankPlane, type Plane, paint } from './sheet.ts';

const AIR = -1000;

export const ctHead: Recipe = {
  modality: 'CT',
  bodyPart: 'HEAD',
  names: ['head CT', 'CT of the brain', 'axial CT slice of the head', 'non-contrast computed tomography of the head'],
  lesions: {
    ...headLesionWords,
    fracture: ['skull fracture', 'fracture line in the skull'],
  },
  channels: 1,
  unit: 'HU',
  window: { center: 40, width: 90 },
  fieldOfView: 230,
  draw(scene) {
    const { anatomy } = scene;
    const csf = anatomy.between(3, 13);
    const plane = drawHead(
      scene,
      {
        air: AIR,
        skin: 40,
        fat: -80,
        bone: anatomy.between(800, 1300),
        marrow: anatomy.between(300, 700),
        csf,
        grey: anatomy.between(36, 41),
        white: anatomy.between(26, 33),
        deepGrey: anatomy.between(36, 42),
        falx: 52,
        choroid: anatomy.between(30, 220),
        vessel: 42,
      },
      { blood: 72, edema: 19, tumour: 28, tumourRim: 58, infarct: 17, cyst: 4, plaque: 18, calcium: 300 },
    );
    if (anatomy.uniform() < 0.4) paint(scene.sheet, plane, rim(ellipse(0, 0.1, 0.9, 1), 0.03), 60, { opacity: 0.5 });
    finish(scene, plane, scene.acquisition.between(2, 7));
    return [plane];
  },
};

export const ctChest: Recipe = {
  modality: 'CT',
  bodyPart: 'CHEST',
  names: ['chest CT', 'CT of the thorax', 'axial CT slice of the lungs', 'computed tomography of the chest'],
  lesions: {
    nodule: ['pulmonary nodule', 'lung nodule', 'solitary nodule in the lung'],
    mass: ['lung mass', 'spiculated lung tumour'],
    consolidation: ['consolidation', 'airspace consolidation', 'pneumonia'],
    'ground-glass': ['ground glass opacity', 'hazy lung opacity'],
    effusion: ['pleural effusion', 'fluid in the pleural space'],
    pneumothorax: ['pneumothorax', 'air in the pleural space'],
    cavity: ['cavitary lesion', 'lung cavity'],
    calcification: ['calcified granuloma', 'lung calcification'],
    'lymph-node': ['enlarged mediastinal lymph node', 'lymphadenopathy'],
  },
  channels: 1,
  unit: 'HU',
  window: { center: -400, width: 1500 },
  fieldOfView: 360,
  draw(scene) {
    const plane = drawChest(scene);
    finish(scene, plane, scene.acquisition.between(10, 40));
    return [plane];
  },
};

function drawChest(scene: Scene): Plane {
  const { sheet, anatomy, level } = scene;
  const plane = blankPlane(sheet, AIR);
  const rx = anatomy.between(0.78, 0.92);
  const ry = anatomy.between(0.54, 0.66);
  const { inner } = drawTrunk(scene, plane, rx, ry, anatomy.between(0.03, 0.09), anatomy.between(0.05, 0.08));
  const vesselValue = anatomy.between(40, 180);

  // Lungs, larger in the middle of the chest; the right one on the left of the picture.
  const fullness = 0.75 + 0.25 * Math.sin(Math.PI * Math.min(1, 1.25 - level));
  const lungs: Shape[] = [];
  const base = anatomy.between(-880, -800);
  const haze = smoothNoise(anatomy, sheet.side, 6, 4, 0.6);
  const heartSide = 0.1 * (1 - level);
  for (const side of [-1, 1]) {
    const lung = both(
      blob(anatomy, {
        cx: side * 0.43 * rx + 0.02,
        cy: -0.02,
        rx: 0.44 * rx * fullness,
        ry: 0.92 * ry * fullness,
        angle: side * 0.12,
        irregularity: 0.03,
        squareness: 2.4,
      }),
      inset(inner, 0.02),
    );
    lungs.push(lung);
    paint(sheet, plane, lung, (i) => base + 40 * haze[i]!);
  }

  // Mediastinum: heart low, arch and vessels high, trachea, oesophagus, spine.
  const heart = blob(anatomy, {
    cx: heartSide + 0.06,
    cy: -0.14,
    rx: 0.2 + 0.17 * (1 - level),
    ry: 0.2 + 0.1 * (1 - level),
    angle: 0.5,
    irregularity: 0.06,
  });
  paint(sheet, plane, both(heart, inner), vesselValue * 0.7 + 15);
  for (let k = 0; k < 3; k++) {
    const chamber = blob(anatomy, {
      cx: anatomy.normal(0.1, 0.09),
      cy: anatomy.normal(-0.15, 0.08),
      rx: 0.09,
      ry: 0.07,
    });
    paint(sheet, plane, both(chamber, inset(heart, 0.03)), vesselValue, { softness: 0.03 });
  }
  paint(sheet, plane, ellipse(0.1, 0.22, 0.055, 0.055), vesselValue);
  paint(sheet, plane, ellipse(-0.09, -0.12, 0.06, 0.06), vesselValue);
  const trachea = anatomy.between(0.03, 0.045);
  if (level > 0.55) paint(sheet, plane, ellipse(0, 0.06, trachea, trachea), -980);
  else for (const side of [-1, 1]) paint(sheet, plane, ellipse(side * 0.11, 0.06, 0.03, 0.025, side * 0.4), -980);
  drawSpine(scene, plane, 0.4);

  for (const [k, lung] of lungs.entries()) {
    const side = k === 0 ? -1 : 1;
    for (let trunk = 0; trunk < 4; trunk++) {
      const heading = (side < 0 ? Math.PI : 0) + anatomy.between(-1.3, 1.3);
      const root = { x: side * 0.16, y: anatomy.between(-0.1, 0.14) };
      for (const vessel of vesselTree(anatomy, root, heading, 0.22, anatomy.between(0.012, 0.022), 3))
        paint(sheet, plane, both(band(vessel.points, vessel.startWidth, vessel.endWidth), lung), 20, { opacity: 0.85 });
    }
    for (let dot = 0; dot < 14; dot++) {
      const at = pointInside(anatomy, lung, 0.03);
      paint(sheet, plane, ellipse(at.x, at.y, anatomy.between(0.006, 0.013), 0.008), 0, { opacity: 0.8 });
    }
  }
  drawChestLesion(scene, plane, lungs, inner);
  return plane;
}

function drawChestLesion(scene: Scene, plane: Plane, lungs: readonly Shape[], inner: Shape): void {
  const { sheet, fate } = scene;
  const lung = lungs[fate.below(2)]!;
  const texture = smoothNoise(fate, sheet.side, 14, 4, 0.65);
  switch (scene.lesion) {
    case 'nodule': {
      plant(scene, plane, lesionIn(scene, inset(lung, 0.02), 0.025, 0.075, 0.08).shape, fate.between(10, 70));
      return;
    }
    case 'mass': {
      const { shape, center, radius } = lesionIn(scene, lung, 0.09, 0.2, 0.14);
      for (let k = 0; k < 9; k++)
        plant(
          scene,
          plane,
          band(wander(fate, center, k * 0.7 + fate.normal(0, 0.2), radius * 1.7, 4, 0.1), 0.012, 0.003),
          0,
        );
      plant(scene, plane, both(shape, inner), (i) => 45 + 25 * texture[i]!);
      return;
    }
    case 'consolidation': {
      const { shape, center, radius } = lesionIn(scene, lung, 0.14, 0.32, 0.25);
      plant(scene, plane, both(shape, lung), (i) => 20 + 160 * Math.min(0, texture[i]!), {
        softness: 0.12,
        opacity: 0.9,
      });
      for (const vessel of vesselTree(fate, center, fate.between(0, 6), radius * 0.7, 0.014, 2))
        paint(sheet, plane, both(band(vessel.points, vessel.startWidth, vessel.endWidth), lung), -850, {
          opacity: 0.8,
        });
      return;
    }
    case 'ground-glass': {
      const { shape } = lesionIn(scene, lung, 0.12, 0.3, 0.22);
      const haze = fate.between(-650, -450);
      plant(scene, plane, both(shape, lung), (i) => Math.max(plane[i]!, haze + 110 * texture[i]!), { softness: 0.15 });
      return;
    }
    case 'effusion': {
      const [, top, , bottom] = lung.bounds;
      const fluid = below(bottom - (bottom - top) * fate.between(0.15, 0.5), fate.normal(0, 0.15));
      plant(scene, plane, both(lung, fluid), fate.between(0, 20));
      return;
    }
    case 'pneumothorax': {
      const [, top, , bottom] = lung.bounds;
      const line = top + (bottom - top) * fate.between(0.15, 0.45);
      plant(scene, plane, without(lung, below(line, fate.normal(0, 0.3))), -995);
      paint(sheet, plane, both(lung, rim(below(line, 0), 0.012)), -200);
      return;
    }
    case 'cavity': {
      const { shape, radius } = lesionIn(scene, inset(lung, 0.03), 0.06, 0.14, 0.1);
      plant(scene, plane, shape, 30);
      plant(scene, plane, inset(shape, radius * fate.between(0.2, 0.45)), -930);
      return;
    }
    case 'calcification': {
      for (let k = 1 + fate.below(4); k > 0; k--)
        plant(scene, plane, lesionIn(scene, lung, 0.012, 0.035).shape, fate.between(400, 900));
      return;
    }
    case 'lymph-node': {
      const hilum = ellipse(0, 0, 0.22, 0.16);
      for (let k = 1 + fate.below(3); k > 0; k--)
        plant(scene, plane, lesionIn(scene, hilum, 0.05, 0.09, 0.06).shape, 75);
      return;
    }
  }
}

export const ctAbdomen: Recipe = {
  modality: 'CT',
  bodyPart: 'ABDOMEN',
  names: [
    'abdominal CT',
    'CT of the abdomen',
    'axial CT slice of the upper abdomen',
    'computed tomography of the liver',
  ],
  lesions: {
    'liver-cyst': ['liver cyst', 'hepatic cyst'],
    'liver-mass': ['liver mass', 'hypodense liver metastasis', 'liver tumour'],
    'kidney-stone': ['kidney stone', 'renal calculus'],
    'kidney-mass': ['renal mass', 'kidney tumour'],
    haematoma: ['abdominal haematoma', 'splenic bleeding'],
    ascites: ['ascites', 'free fluid in the abdomen'],
    'free-air': ['free air', 'pneumoperitoneum'],
    calcification: ['aortic calcification', 'vascular calcification'],
  },
  channels: 1,
  unit: 'HU',
  window: { center: 50, width: 400 },
  fieldOfView: 380,
  draw(scene) {
    const plane = drawAbdomen(scene);
    finish(scene, plane, scene.acquisition.between(7, 20));
    return [plane];
  },
};

function drawAbdomen(scene: Scene): Plane {
  const { sheet, anatomy } = scene;
  const plane = blankPlane(sheet, AIR);
  const contrast = anatomy.uniform() < 0.5 ? 1 : 0;
  const rx = anatomy.between(0.76, 0.93);
  const ry = anatomy.between(0.56, 0.7);
  const { inner } = drawTrunk(scene, plane, rx, ry, anatomy.between(0.04, 0.13), 0.05);
  const fat = smoothNoise(anatomy, sheet.side, 12, 3);
  paint(sheet, plane, inner, (i) => -100 + 18 * fat[i]!);

  const grain = smoothNoise(anatomy, sheet.side, 30, 2);
  const organ = (mean: number) => (i: number) => mean + 5 * grain[i]!;
  const liverValue = 58 + 50 * contrast;
  const liver = both(
    blob(anatomy, { cx: -0.36 * rx, cy: -0.1 * ry, rx: 0.5 * rx, ry: 0.66 * ry, angle: -0.35, irregularity: 0.07 }),
    inset(inner, 0.015),
  );
  paint(sheet, plane, liver, organ(liverValue));
  const stomach = both(
    blob(anatomy, { cx: 0.3 * rx, cy: -0.36 * ry, rx: 0.3, ry: 0.18, angle: 0.4, irregularity: 0.1 }),
    inner,
  );
  paint(sheet, plane, stomach, 40);
  paint(sheet, plane, inset(stomach, 0.02), organ(15));
  paint(sheet, plane, without(inset(stomach, 0.02), below(anatomy.between(-0.42, -0.25))), -950);
  const spleen = both(
    blob(anatomy, { cx: 0.66 * rx, cy: 0.16 * ry, rx: 0.13, ry: 0.27, angle: -0.25, irregularity: 0.07 }),
    inset(inner, 0.015),
  );
  paint(sheet, plane, spleen, organ(52 + 60 * contrast));
  const kidneys = [-1, 1].map((side) =>
    blob(anatomy, {
      cx: side * anatomy.between(0.3, 0.36),
      cy: 0.3,
      rx: 0.1,
      ry: 0.15,
      angle: side * 0.5,
      irregularity: 0.05,
    }),
  );
  for (const kidney of kidneys) {
    paint(sheet, plane, kidney, organ(35 + 120 * contrast));
    paint(sheet, plane, inset(kidney, 0.055), -60, { softness: 0.03, opacity: 0.8 });
  }
  const aorta = ellipse(0.06, 0.2, 0.05, 0.05);
  paint(sheet, plane, aorta, organ(42 + 140 * contrast));
  paint(sheet, plane, ellipse(-0.1, 0.18, 0.055, 0.04), organ(40 + 90 * contrast));
  const pancreas = curve({ x: 0.3, y: -0.02 }, { x: 0.08, y: -0.12 }, { x: -0.12, y: 0.06 });
  paint(sheet, plane, band(pancreas, 0.035, 0.055), organ(45 + 40 * contrast), { softness: 0.02 });
  for (let k = 3 + anatomy.below(5); k > 0; k--) {
    const loop = blob(anatomy, {
      cx: anatomy.between(-0.2, 0.6) * rx,
      cy: anatomy.between(-0.45, 0.05) * ry,
      rx: anatomy.between(0.05, 0.09),
      ry: anatomy.between(0.05, 0.09),
      irregularity: 0.12,
    });
    const free = without(both(loop, inset(inner, 0.02)), liver);
    paint(sheet, plane, free, 45);
    paint(sheet, plane, inset(free, 0.018), anatomy.uniform() < 0.4 ? -900 : organ(anatomy.between(5, 60)));
  }
  for (const vessel of vesselTree(anatomy, { x: -0.1, y: 0.02 }, Math.PI + 0.2, 0.2, 0.02, 3))
    paint(
      sheet,
      plane,
      both(band(vessel.points, vessel.startWidth, vessel.endWidth), liver),
      liverValue + 15 + 40 * contrast,
      {
        opacity: 0.7,
      },
    );
  drawSpine(scene, plane, 0.4);
  drawAbdomenLesion(scene, plane, { inner, liver, spleen, kidneys, aorta });
  return plane;
}

function drawAbdomenLesion(
  scene: Scene,
  plane: Plane,
  organs: { inner: Shape; liver: Shape; spleen: Shape; kidneys: readonly Shape[]; aorta: Shape },
): void {
  const { sheet, fate } = scene;
  const { inner, liver, spleen, aorta } = organs;
  const kidney = organs.kidneys[fate.below(2)]!;
  const texture = smoothNoise(fate, sheet.side, 18, 3, 0.6);
  switch (scene.lesion) {
    case 'liver-cyst': {
      for (let k = 1 + fate.below(3); k > 0; k--)
        plant(scene, plane, both(lesionIn(scene, liver, 0.05, 0.14, 0.03).shape, liver), fate.between(0, 12));
      return;
    }
    case 'liver-mass': {
      for (let k = 1 + fate.below(4); k > 0; k--) {
        const { shape, radius } = lesionIn(scene, liver, 0.05, 0.17, 0.12);
        plant(scene, plane, both(shape, liver), fate.between(80, 140), { softness: 0.02 });
        plant(scene, plane, both(inset(shape, radius * 0.2), liver), (i) => 32 + 14 * texture[i]!, { softness: 0.03 });
      }
      return;
    }
    case 'kidney-stone': {
      plant(scene, plane, lesionIn(scene, inset(kidney, 0.02), 0.015, 0.045).shape, fate.between(400, 1000));
      return;
    }
    case 'kidney-mass': {
      plant(scene, plane, lesionIn(scene, kidney, 0.07, 0.14, 0.1).shape, (i) => 60 + 30 * texture[i]!);
      return;
    }
    case 'haematoma': {
      const { shape } = lesionIn(scene, spleen, 0.08, 0.15, 0.18);
      plant(scene, plane, both(shape, inner), (i) => 65 + 12 * texture[i]!);
      return;
    }
    case 'ascites': {
      const thickness = fate.between(0.04, 0.1);
      plant(scene, plane, without(rim(inner, thickness), below(0.35)), 8);
      return;
    }
    case 'free-air': {
      const [, top] = inner.bounds;
      plant(scene, plane, without(inner, below(top + fate.between(0.06, 0.13))), -990);
      return;
    }
    case 'calcification': {
      const wall = rim(inset(aorta, -0.008), 0.018);
      plant(scene, plane, without(wall, below(fate.between(0.16, 0.24), fate.normal(0, 1))), fate.between(450, 900));
      return;
    }
  }
}

/** Skin, fat, muscle and a ring of ribs; returns the space within. */
function drawTrunk(scene: Scene, plane: Plane, rx: number, ry: number, fat: number, wall: number): { inner: Shape } {
  const { sheet, anatomy } = scene;
  const skin = blob(anatomy, { cx: 0, cy: 0, rx, ry, irregularity: 0.02, squareness: 2.5 });
  paint(sheet, plane, skin, 30);
  paint(sheet, plane, inset(skin, 0.012), -105);
  const muscle = inset(skin, 0.012 + fat);
  paint(sheet, plane, muscle, 52);
  const inner = inset(muscle, wall);
  const ring = inset(muscle, wall * 0.6);
  const count = 9 + anatomy.below(4);
  const offset = anatomy.between(0, 1);
  for (let k = 0; k < count; k++) {
    const angle = ((k + offset) / count) * 2 * Math.PI;
    const at = onContour(ring, angle);
    const rib = ellipse(at.x, at.y, anatomy.between(0.05, 0.085), 0.02, angle + Math.PI / 2);
    paint(sheet, plane, rib, 700);
    paint(sheet, plane, inset(rib, 0.008), 250);
  }
  for (const side of [-1, 1]) paint(sheet, plane, ellipse(side * 0.12, 0.88 * ry - fat, 0.1, 0.07), 55);
  return { inner };
}

function drawSpine(scene: Scene, plane: Plane, y: number): void {
  const { sheet, anatomy } = scene;
  const density = anatomy.between(150, 300);
  const marrow = smoothNoise(anatomy, sheet.side, 40, 1);
  const body = blob(anatomy, { cx: 0, cy: y, rx: 0.115, ry: 0.085, irregularity: 0.04, squareness: 2.6 });
  paint(sheet, plane, body, 600);
  paint(sheet, plane, inset(body, 0.014), (i) => density + 50 * marrow[i]!);
  paint(sheet, plane, ellipse(0, y + 0.14, 0.08, 0.07), 550);
  paint(sheet, plane, ellipse(0, y + 0.12, 0.045, 0.04), 25);
  for (const side of [-1, 1])
    paint(
      sheet,
      plane,
      band(
        [
          { x: side * 0.06, y: y + 0.12 },
          { x: side * 0.2, y: y + 0.14 },
        ],
        0.018,
        0.012,
      ),
      500,
    );
  paint(
    sheet,
    plane,
    band(
      [
        { x: 0, y: y + 0.18 },
        { x: 0, y: y + 0.28 },
      ],
      0.016,
    ),
    450,
  );
}

/** The point of a shape's edge in a direction from the origin, by bisection. */
function onContour(shape: Shape, angle: number): Point {
  let near = 0;
  let far = 1.5;
  for (let round = 0; round < 20; round++) {
    const middle = (near + far) / 2;
    if (shape.distance(Math.cos(angle) * middle, Math.sin(angle) * middle) < 0) near = middle;
    else far = middle;
  }
  return { x: Math.cos(angle) * near, y: Math.sin(angle) * near };
}

/** Reconstruction: kernel blur, noise, now and then streaks; clipped to what 12 bits with intercept -1024 can hold. */
function finish(scene: Scene, plane: Plane, noise: number): void {
  const { sheet, acquisition } = scene;
  soften(sheet, plane, acquisition.between(0.45, 1));
  if (acquisition.uniform() < 0.15)
    streaks(acquisition, sheet, plane, acquisition.normal(0, 0.4), acquisition.normal(0, 0.4), noise * 5);
  tomographicNoise(acquisition, sheet, plane, noise, acquisition.between(0.4, 0.9));
  for (let i = 0; i < plane.length; i++) plane[i] = Math.max(-1024, Math.min(3071, plane[i]!));
}
