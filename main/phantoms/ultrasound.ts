/** Ultrasound in 8-bit grey: abdomen (curved array, sector) and breast (linear array). */
import { speckle } from './acquisition.ts';
import { blur, smoothNoise } from './noise.ts';
import { lesionIn, plant, type Recipe, type Scene } from './scene.ts';
import { band, below, blob, both, curve, ellipse, inset, rim, type Shape, vesselTree } from './shapes.ts';
import { blankPlane, type Plane, paint } from './sheet.ts';

export const ultrasoundAbdomen: Recipe = {
  modality: 'US',
  bodyPart: 'ABDOMEN',
  names: ['abdominal ultrasound', 'ultrasound of the liver', 'sonogram of the upper abdomen'],
  lesions: {
    cyst: ['liver cyst', 'anechoic cyst'],
    mass: ['liver mass', 'hypoechoic liver lesion'],
    haemangioma: ['hyperechoic liver lesion', 'haemangioma'],
    gallstone: ['gallstone with shadow', 'stone in the gallbladder'],
    ascites: ['ascites', 'free fluid'],
  },
  channels: 1,
  unit: 'grey8',
  window: { center: 128, width: 256 },
  fieldOfView: 160,
  draw(scene) {
    const { sheet, anatomy, acquisition } = scene;
    const plane = blankPlane(sheet, 0.12);
    const grain = smoothNoise(anatomy, sheet.side, 10, 3);
    const texture = (mean: number, spread: number) => (i: number) => mean * (1 + spread * grain[i]!);
    paint(sheet, plane, below(-2), texture(0.12, 0.5));
    const liver = blob(anatomy, { cx: -0.15, cy: 0.05, rx: 0.85, ry: 0.62, irregularity: 0.06 });
    paint(sheet, plane, liver, texture(0.17, 0.3));
    const diaphragm = curve({ x: -0.9, y: 0.3 }, { x: -0.1, y: anatomy.between(0.8, 1.1) }, { x: 0.8, y: 0.45 }, 12);
    paint(sheet, plane, band(diaphragm, 0.022), 1.4, { softness: 0.04 });
    for (const y of [-0.78, -0.7, -0.62])
      paint(
        sheet,
        plane,
        band(curve({ x: -0.9, y: y + 0.12 }, { x: 0, y: y - 0.1 }, { x: 0.9, y: y + 0.12 }), 0.01),
        0.7,
      );
    for (let k = 0; k < 3; k++)
      for (const vessel of vesselTree(
        anatomy,
        { x: anatomy.normal(0, 0.3), y: anatomy.normal(0.1, 0.15) },
        anatomy.between(0, 6),
        0.26,
        0.03,
        1,
      )) {
        paint(sheet, plane, band(vessel.points, vessel.startWidth * 1.4, vessel.endWidth * 1.4), 0.6, { opacity: 0.5 });
        paint(sheet, plane, band(vessel.points, vessel.startWidth, vessel.endWidth), 0.02);
      }
    const gallbladder = blob(anatomy, {
      cx: anatomy.between(0.2, 0.42),
      cy: anatomy.between(-0.1, 0.2),
      rx: 0.24,
      ry: 0.1,
      angle: anatomy.normal(0.5, 0.3),
      irregularity: 0.06,
    });
    const shown = anatomy.uniform() < 0.7 || scene.lesion === 'gallstone';
    if (shown) {
      paint(sheet, plane, inset(gallbladder, -0.015), 0.7);
      paint(sheet, plane, gallbladder, 0.012);
      throughTransmission(scene, plane, gallbladder, 1.6);
    }
    drawAbdomenLesion(scene, plane, liver, gallbladder);
    attenuate(scene, plane, 0.35, 1.2);
    speckle(
      acquisition,
      sheet,
      plane,
      acquisition.between(0.7, 1.1),
      acquisition.between(1.2, 2.4),
      acquisition.between(54, 68),
    );
    fanOut(scene, plane);
    return [plane];
  },
};

function drawAbdomenLesion(scene: Scene, plane: Plane, liver: Shape, gallbladder: Shape): void {
  const { sheet, fate } = scene;
  const field = both(inset(liver, 0.1), ellipse(0, 0, 0.6, 0.5));
  const texture = smoothNoise(fate, sheet.side, 18, 2);
  switch (scene.lesion) {
    case 'cyst': {
      const { shape } = lesionIn(scene, field, 0.07, 0.18, 0.03);
      plant(scene, plane, shape, 0.008);
      throughTransmission(scene, plane, shape, 2);
      return;
    }
    case 'mass': {
      const { shape, radius } = lesionIn(scene, field, 0.08, 0.22, 0.12);
      plant(scene, plane, shape, 0.06, { softness: 0.03 });
      plant(scene, plane, inset(shape, radius * 0.2), (i) => 0.12 * (1 + 0.4 * texture[i]!), { softness: 0.05 });
      return;
    }
    case 'haemangioma':
      plant(scene, plane, lesionIn(scene, field, 0.06, 0.15, 0.08).shape, (i) => 0.8 * (1 + 0.3 * texture[i]!), {
        softness: 0.02,
      });
      return;
    case 'gallstone': {
      const { shape } = lesionIn(scene, inset(gallbladder, 0.02), 0.025, 0.06, 0.05);
      plant(scene, plane, shape, 1.6);
      throughTransmission(scene, plane, shape, 0.08);
      return;
    }
    case 'ascites':
      plant(scene, plane, both(rim(inset(liver, -0.12), 0.12), below(-0.6)), 0.01);
      return;
  }
}

export const ultrasoundBreast: Recipe = {
  modality: 'US',
  bodyPart: 'BREAST',
  names: ['breast ultrasound', 'ultrasound of the breast', 'breast sonogram'],
  lesions: {
    mass: ['irregular breast mass', 'malignant breast tumour', 'hypoechoic mass with shadowing'],
    fibroadenoma: ['fibroadenoma', 'oval benign breast mass'],
    cyst: ['breast cyst', 'simple cyst'],
    calcification: ['microcalcifications', 'echogenic calcifications'],
  },
  channels: 1,
  unit: 'grey8',
  window: { center: 128, width: 256 },
  fieldOfView: 45,
  draw(scene) {
    const { sheet, anatomy, acquisition } = scene;
    const plane = blankPlane(sheet, 0.2);
    const layers = smoothNoise(anatomy, sheet.side, 3, 2);
    const fibres = smoothNoise(anatomy, sheet.side, 9, 3, 0.6);
    const fatDepth = anatomy.between(-0.6, -0.25);
    const muscleDepth = anatomy.between(0.35, 0.65);
    for (let i = 0; i < plane.length; i++) {
      const depth = sheet.y[i]! + 0.12 * layers[i]!;
      const wavy = sheet.y[i]! * 3 + sheet.x[i]! * 0.4 + 2 * layers[i]!;
      if (depth < -0.88) plane[i] = 0.7;
      else if (depth < fatDepth) plane[i] = 0.1 + 0.28 * Math.max(0, Math.abs(fibres[i]!) < 0.07 ? 1 : 0);
      else if (depth < muscleDepth) plane[i] = Math.max(0.06, 0.42 + 0.25 * fibres[i]! + 0.08 * Math.sin(wavy * 9));
      else plane[i] = Math.max(0.03, 0.13 + 0.16 * Math.max(0, Math.sin(wavy * 14)));
    }
    for (let k = 2 + anatomy.below(4); k > 0; k--) {
      const lobule = blob(anatomy, {
        cx: anatomy.between(-0.9, 0.9),
        cy: anatomy.between(-0.7, 0.3),
        rx: anatomy.between(0.12, 0.35),
        ry: anatomy.between(0.05, 0.12),
        irregularity: 0.1,
      });
      paint(sheet, plane, lobule, 0.14, { softness: 0.05, opacity: 0.8 });
    }
    for (let k = 0; k < 5; k++) {
      const y = anatomy.between(-0.8, 0.7);
      const ligament = curve(
        { x: -1.1, y },
        { x: anatomy.normal(0, 0.5), y: y + anatomy.normal(0, 0.3) },
        { x: 1.1, y: y + anatomy.normal(0, 0.1) },
      );
      paint(sheet, plane, band(ligament, 0.01), 0.65, { opacity: 0.6, softness: 0.03 });
    }
    paint(
      sheet,
      plane,
      band(
        curve(
          { x: -1.1, y: muscleDepth },
          { x: 0, y: muscleDepth + anatomy.normal(0, 0.08) },
          { x: 1.1, y: muscleDepth },
        ),
        0.012,
      ),
      0.8,
      { opacity: 0.7 },
    );
    drawBreastLesion(scene, plane);
    attenuate(scene, plane, 0.55, acquisition.between(0.4, 0.8));
    speckle(
      acquisition,
      sheet,
      plane,
      acquisition.between(0.7, 1.2),
      acquisition.between(1.2, 2.6),
      acquisition.between(54, 70),
    );
    return [plane];
  },
};

function drawBreastLesion(scene: Scene, plane: Plane): void {
  const { sheet, fate } = scene;
  const field = ellipse(0, -0.12, 0.65, 0.42);
  const texture = smoothNoise(fate, sheet.side, 18, 2);
  switch (scene.lesion) {
    case 'mass': {
      const { shape } = lesionIn(scene, field, 0.13, 0.3, 0.3);
      plant(scene, plane, inset(shape, -0.03), 0.5, { softness: 0.08, opacity: 0.6 });
      plant(scene, plane, shape, (i) => 0.05 * (1 + 0.7 * texture[i]!), { softness: 0.03 });
      throughTransmission(scene, plane, shape, fate.between(0.2, 0.6));
      return;
    }
    case 'fibroadenoma': {
      const { center, radius } = lesionIn(scene, field, 0.12, 0.24);
      const oval = blob(fate, {
        cx: center.x,
        cy: center.y,
        rx: radius * 1.5,
        ry: radius * 0.85,
        angle: fate.normal(0, 0.2),
        irregularity: 0.04,
      });
      plant(scene, plane, inset(oval, -0.012), 0.5);
      plant(scene, plane, oval, (i) => 0.1 * (1 + 0.3 * texture[i]!));
      throughTransmission(scene, plane, oval, 1.25);
      return;
    }
    case 'cyst': {
      const { shape } = lesionIn(scene, field, 0.08, 0.22, 0.03);
      plant(scene, plane, shape, 0.005);
      throughTransmission(scene, plane, shape, 2.2);
      return;
    }
    case 'calcification': {
      const { shape } = lesionIn(scene, field, 0.1, 0.2);
      for (let k = 4 + fate.below(8); k > 0; k--) {
        const speck = lesionIn(scene, shape, 0.008, 0.018).shape;
        plant(scene, plane, speck, 1.8);
        throughTransmission(scene, plane, speck, 0.5);
      }
      return;
    }
  }
}

/** What lies deeper than the shape is brighter (fluid: `gain` above 1) or in shadow (stone, scar: below 1). */
function throughTransmission(scene: Scene, plane: Plane, shape: Shape, gain: number): void {
  const { sheet } = scene;
  const { side } = sheet;
  const crossed = new Float32Array(side);
  const full = side * 0.05;
  const pattern = new Float32Array(plane.length);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const i = row * side + column;
      const inside = shape.distance(sheet.x[i]!, sheet.y[i]!) < 0;
      if (inside) crossed[column]!++;
      else if (crossed[column]! > 0) pattern[i] = Math.min(1, crossed[column]! / full);
    }
  blur(pattern, side, 1.5);
  for (let i = 0; i < plane.length; i++) plane[i]! *= 1 + (gain - 1) * pattern[i]!;
}

/** Echoes weaken with depth by `strength`; the operator's gain makes up for most of it. */
function attenuate(scene: Scene, plane: Plane, strength: number, gain: number): void {
  const { sheet, acquisition } = scene;
  const rest = strength * acquisition.between(0.3, 1.3);
  const beams = smoothNoise(acquisition, sheet.side, 5, 2);
  for (let i = 0; i < plane.length; i++) {
    const depth = (sheet.y[i]! + 1) / 2;
    plane[i]! *= Math.exp(-rest * 2 * depth) * gain * (1 + 0.22 * beams[i]!);
  }
}

/** Black outside the sector of a curved array. */
function fanOut(scene: Scene, plane: Plane): void {
  const { sheet, acquisition } = scene;
  const { side } = sheet;
  const apexY = -acquisition.between(1.3, 1.7);
  const half = acquisition.between(0.5, 0.68);
  const near = -0.92 - apexY;
  const far = 0.95 - apexY;
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const x = ((column + 0.5) / side) * 2 - 1;
      const y = ((row + 0.5) / side) * 2 - 1 - apexY;
      const radius = Math.hypot(x, y);
      if (radius < near || radius > far || Math.abs(Math.atan2(x, y)) > half) {
        plane[row * side + column] = 0;
        scene.mask[row * side + column] = 0;
      }
    }
}
