/** Projection radiographs in 12-bit counts, dense tissue bright: attenuation of superposed tissues, then quanta. */
import { quantumNoise, soften } from './acquisition.ts';
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
import { add, blankPlane, mark, type Plane, paint, stencil } from './sheet.ts';

export const radiographChest: Recipe = {
  modality: 'DX',
  bodyPart: 'CHEST',
  names: ['chest radiograph', 'chest x-ray', 'frontal radiograph of the chest', 'chest x-ray image'],
  lesions: {
    nodule: ['pulmonary nodule', 'lung nodule', 'coin lesion'],
    mass: ['lung mass', 'large lung tumour'],
    consolidation: ['consolidation', 'lobar pneumonia', 'airspace opacity'],
    pneumonia: ['diffuse pneumonia', 'patchy bilateral opacities', 'bronchopneumonia'],
    effusion: ['pleural effusion', 'blunted costophrenic angle'],
    pneumothorax: ['pneumothorax', 'collapsed lung'],
    atelectasis: ['plate atelectasis', 'linear atelectasis'],
    calcification: ['calcified granuloma', 'calcification'],
    'rib-fracture': ['rib fracture', 'broken rib'],
  },
  channels: 1,
  unit: 'counts12',
  window: { center: 2048, width: 4096 },
  fieldOfView: 350,
  draw(scene) {
    const plane = drawChest(scene);
    finish(scene, plane, scene.acquisition.between(1.6, 2.3));
    return [plane];
  },
};

function drawChest(scene: Scene): Plane {
  const { sheet, anatomy } = scene;
  const plane = blankPlane(sheet, 0);
  const grain = smoothNoise(anatomy, sheet.side, 8, 4, 0.6);

  // Trunk, neck, arms: water-like thickness, thinner toward the edge.
  const width = anatomy.between(0.72, 1);
  const trunk = blob(anatomy, { cx: 0, cy: 0.35, rx: width, ry: 1.25, irregularity: 0.02, squareness: 3.4 });
  const thickness = anatomy.between(1.3, 1.8);
  add(sheet, plane, trunk, (i) => thickness * (1 - 0.3 * sheet.x[i]! ** 2) * (1 + 0.03 * grain[i]!), {
    softness: 0.18,
  });
  add(
    sheet,
    plane,
    band(
      [
        { x: 0, y: -1.3 },
        { x: 0, y: -0.7 },
      ],
      0.24,
    ),
    0.7,
    { softness: 0.1 },
  );
  const raised = anatomy.uniform() < 0.4;
  for (const side of [-1, 1]) {
    const elbow = raised ? { x: side * 1.3, y: -0.9 } : { x: side * 1.15, y: 0.6 };
    const arm = band([{ x: side * 0.72, y: -0.62 }, elbow], 0.16, 0.12);
    add(sheet, plane, without(arm, inset(trunk, 0.05)), 0.8, { softness: 0.06 });
    add(sheet, plane, band([{ x: side * 0.76, y: -0.6 }, elbow], 0.055), 0.6);
  }

  // Lungs: air takes attenuation away; they end in the diaphragm's domes.
  const air = anatomy.between(0.75, 1.15);
  const apex = anatomy.between(-0.72, -0.6);
  const lungs: Shape[] = [];
  for (const side of [-1, 1]) {
    const floor = anatomy.between(0.42, 0.6) + (side > 0 ? 0.05 : 0);
    const lung = blob(anatomy, {
      cx: side * width * 0.46,
      cy: (apex + floor) / 2 + 0.14,
      rx: width * anatomy.between(0.34, 0.4),
      ry: (floor - apex) / 2 + 0.16,
      angle: side * -0.1,
      irregularity: 0.02,
      squareness: 2.5,
    });
    const dome = ellipse(side * width * 0.42, floor + 0.28, width * 0.52, 0.3);
    lungs.push(without(lung, dome));
    add(sheet, plane, without(lung, dome), (i) => -air * (0.85 + 0.15 * Math.abs(sheet.x[i]!)), { softness: 0.035 });
  }
  const abdomen = both(trunk, below(0.5));
  add(sheet, plane, abdomen, 0.25, { softness: 0.5 });
  if (anatomy.uniform() < 0.5)
    add(sheet, plane, blob(anatomy, { cx: 0.4, cy: 0.75, rx: 0.16, ry: 0.1 }), -0.35, { softness: 0.05 });

  drawVessels(scene, plane, lungs);
  drawMediastinum(scene, plane, width);
  const ribs = drawRibs(scene, plane, width, trunk);
  drawChestLesion(scene, plane, lungs, ribs);
  drawDevices(scene, plane);
  return plane;
}

function drawVessels(scene: Scene, plane: Plane, lungs: readonly Shape[]): void {
  const { sheet, anatomy } = scene;
  for (const [k, lung] of lungs.entries()) {
    const side = k === 0 ? -1 : 1;
    const root = { x: side * 0.16, y: anatomy.between(-0.08, 0.02) };
    add(sheet, plane, blob(anatomy, { cx: root.x, cy: root.y, rx: 0.07, ry: 0.12, irregularity: 0.2 }), 0.22, {
      softness: 0.08,
    });
    for (const turn of [-1.1, -0.5, 0.1, 0.6, 1.1]) {
      const heading = (side < 0 ? Math.PI - turn : turn) + anatomy.normal(0, 0.15);
      for (const vessel of vesselTree(anatomy, root, heading, 0.2, 0.014, 2))
        add(sheet, plane, both(band(vessel.points, vessel.startWidth, vessel.endWidth), lung), 0.09, {
          softness: 0.02,
        });
    }
  }
}

function drawMediastinum(scene: Scene, plane: Plane, width: number): void {
  const { sheet, anatomy } = scene;
  const heartSize = anatomy.between(0.85, 1.15) * width;
  const heart = blob(anatomy, {
    cx: 0.13 * width,
    cy: 0.25,
    rx: 0.33 * heartSize,
    ry: 0.3 * heartSize,
    angle: 0.5,
    irregularity: 0.04,
  });
  add(sheet, plane, heart, 0.55, { softness: 0.05 });
  add(
    sheet,
    plane,
    band(
      [
        { x: 0, y: -0.8 },
        { x: 0.02, y: 0.3 },
      ],
      anatomy.between(0.09, 0.15),
      0.13,
    ),
    0.42,
    { softness: 0.06 },
  );
  add(sheet, plane, ellipse(0.1 * width, -0.2, 0.09, 0.09), 0.22, { softness: 0.04 });
  add(
    sheet,
    plane,
    band(
      [
        { x: 0, y: -1.1 },
        { x: 0, y: -0.25 },
      ],
      0.04,
    ),
    -0.22,
    { softness: 0.03 },
  );
  const height = anatomy.between(0.115, 0.15);
  const contrast = anatomy.between(0.25, 0.7);
  for (let y = -1; y < 1; y += height) {
    const vertebra = blob(anatomy, { cx: 0, cy: y, rx: 0.1, ry: height * 0.4, irregularity: 0.02, squareness: 4 });
    add(sheet, plane, vertebra, contrast * 0.6);
    add(sheet, plane, rim(vertebra, 0.014), contrast * 0.5);
    add(
      sheet,
      plane,
      band(
        [
          { x: -0.16, y },
          { x: 0.16, y },
        ],
        0.022,
      ),
      contrast * 0.4,
    );
    add(sheet, plane, ellipse(0, y + 0.03, 0.016, 0.03), contrast * 0.6);
  }
}

/** Ribs (posterior parts slope down and out, anterior ones down and in), clavicles, scapulae. Returns the posterior arcs. */
function drawRibs(scene: Scene, plane: Plane, width: number, trunk: Shape): Point[][] {
  const { sheet, anatomy } = scene;
  const arcs: Point[][] = [];
  const spacing = anatomy.between(0.125, 0.16);
  const slope = anatomy.between(0.02, 0.18);
  const strength = anatomy.between(0.2, 0.5);
  const bone = (points: Point[], half: number, weight: number) => {
    const shape = band(points, half);
    add(sheet, plane, both(shape, trunk), weight * 0.55);
    add(sheet, plane, both(rim(shape, 0.013), trunk), weight * 0.5);
  };
  for (const side of [-1, 1]) {
    for (let k = 0; k < 10; k++) {
      const y = -0.72 + k * spacing;
      const reach = width * Math.min(0.86, 0.42 + 0.13 * k ** 0.8);
      const arc = curve(
        { x: side * 0.08, y },
        { x: side * reach * 0.75, y: y - 0.1 + slope * 0.3 },
        { x: side * reach, y: y + 0.16 + slope },
        10,
      );
      arcs.push(arc);
      bone(arc, 0.026, strength);
      if (k > 1) {
        const front = curve(
          { x: side * reach, y: y + 0.16 + slope },
          { x: side * reach * 0.85, y: y + 0.34 + slope },
          { x: side * 0.3 * width, y: y + 0.4 + slope },
          8,
        );
        bone(front, 0.028, strength * 0.45);
      }
    }
    const clavicle = curve(
      { x: side * 0.07, y: -0.58 },
      { x: side * 0.4, y: -0.6 },
      { x: side * 0.8 * width, y: anatomy.between(-0.85, -0.72) },
    );
    bone(clavicle, 0.034, strength * 1.4);
    const scapula = blob(anatomy, {
      cx: side * 0.8 * width,
      cy: -0.36,
      rx: 0.12,
      ry: 0.3,
      angle: side * 0.3,
      irregularity: 0.12,
    });
    add(sheet, plane, scapula, strength * 0.5, { softness: 0.03 });
  }
  return arcs;
}

/** Side marker, leads and tubes: seen in normal and abnormal pictures alike. */
function drawDevices(scene: Scene, plane: Plane): void {
  const { sheet, acquisition } = scene;
  if (acquisition.uniform() < 0.7) {
    const x = acquisition.between(-0.95, -0.75);
    const y = acquisition.between(-0.95, -0.6);
    const stroke = 0.012;
    paint(
      sheet,
      plane,
      band(
        [
          { x, y },
          { x, y: y + 0.1 },
        ],
        stroke,
      ),
      3,
    );
    paint(sheet, plane, rim(ellipse(x + 0.025, y + 0.025, 0.04, 0.03), 0.02), 3);
    paint(
      sheet,
      plane,
      band(
        [
          { x: x + 0.01, y: y + 0.05 },
          { x: x + 0.06, y: y + 0.1 },
        ],
        stroke,
      ),
      3,
    );
  }
  if (acquisition.uniform() < 0.2) {
    const lead = wander(
      acquisition,
      { x: acquisition.normal(0, 0.6), y: -1 },
      1.5,
      acquisition.between(0.6, 1.8),
      8,
      0.3,
    );
    add(sheet, plane, band(lead, 0.01), 0.4);
    const end = lead[lead.length - 1]!;
    add(sheet, plane, ellipse(end.x, end.y, 0.03, 0.03), 0.6);
  }
}

function drawChestLesion(scene: Scene, plane: Plane, lungs: readonly Shape[], ribs: readonly Point[][]): void {
  const { sheet, fate } = scene;
  const lung = lungs[fate.below(2)]!;
  const texture = smoothNoise(fate, sheet.side, 10, 4, 0.65);
  /** Adds a shadow of `density` and marks where it is seen. */
  const shadow = (shape: Shape, density: number, softness: number, mottle = 0) => {
    const seen = stencil(sheet, shape, softness);
    for (let i = 0; i < plane.length; i++) {
      plane[i]! += density * seen[i]! * Math.max(0, 1 + mottle * texture[i]!);
      if (seen[i]! > scene.mask[i]!) scene.mask[i] = seen[i]!;
    }
  };
  switch (scene.lesion) {
    case 'nodule':
      shadow(lesionIn(scene, inset(lung, 0.03), 0.03, 0.075, 0.06).shape, fate.between(0.25, 0.5), 0.025);
      return;
    case 'mass':
      shadow(lesionIn(scene, lung, 0.1, 0.2, 0.1).shape, fate.between(0.4, 0.75), 0.05);
      return;
    case 'consolidation':
      shadow(both(lesionIn(scene, lung, 0.17, 0.36, 0.22).shape, lung), fate.between(0.35, 0.8), 0.22, 0.4);
      return;
    case 'pneumonia':
      for (const field of fate.uniform() < 0.65 ? lungs : [lung])
        for (let k = 2 + fate.below(4); k > 0; k--)
          shadow(
            both(lesionIn(scene, field, 0.1, 0.3, 0.25).shape, inset(field, -0.02)),
            fate.between(0.15, 0.45),
            0.25,
            0.7,
          );
      return;
    case 'effusion': {
      const [, top, , bottom] = lung.bounds;
      const side = lung === lungs[0] ? -1 : 1;
      const level = Math.min(0.5, bottom) - (bottom - top) * fate.between(0.08, 0.4);
      shadow(both(lung, below(level, -side * fate.between(0.1, 0.5))), fate.between(0.5, 0.9), 0.06);
      return;
    }
    case 'pneumothorax': {
      const collapse = fate.between(0.05, 0.16);
      const free = without(lung, inset(lung, collapse));
      const upper = without(free, below(fate.between(-0.1, 0.5)));
      shadow(upper, -fate.between(0.15, 0.3), 0.02);
      add(sheet, plane, without(rim(inset(lung, collapse), 0.012), below(0.4)), 0.16);
      return;
    }
    case 'atelectasis':
      for (let k = 1 + fate.below(3); k > 0; k--) {
        const at = pointInside(fate, lung, 0.1);
        const plate = wander(fate, { x: at.x - 0.15, y: at.y }, fate.normal(0, 0.3), 0.3, 4, 0.08);
        shadow(both(band(plate, fate.between(0.012, 0.025)), lung), 0.35, 0.03);
      }
      return;
    case 'calcification':
      for (let k = 1 + fate.below(4); k > 0; k--) shadow(lesionIn(scene, lung, 0.012, 0.03, 0.1).shape, 0.8, 0.01);
      return;
    case 'rib-fracture': {
      const arc = ribs[2 + fate.below(ribs.length - 2)]!;
      const at = arc[4 + fate.below(5)]!;
      const gap = ellipse(at.x, at.y, 0.016, 0.05, fate.normal(0, 0.5));
      add(sheet, plane, ellipse(at.x + 0.02, at.y + 0.02, 0.05, 0.03), 0.2, { softness: 0.02 });
      add(sheet, plane, gap, -0.3);
      mark(sheet, scene.mask, ellipse(at.x, at.y, 0.06, 0.06));
      return;
    }
  }
}

export const radiographHand: Recipe = {
  modality: 'DX',
  bodyPart: 'HAND',
  names: ['hand radiograph', 'x-ray of the hand', 'radiograph of the hand and wrist'],
  lesions: {
    fracture: ['fracture', 'fracture line in a finger', 'broken bone'],
    'lytic-lesion': ['lytic bone lesion', 'bone cyst'],
    erosion: ['bone erosion', 'joint erosion'],
    calcification: ['soft tissue calcification'],
    'foreign-body': ['foreign body', 'metal fragment'],
    swelling: ['soft tissue swelling'],
  },
  channels: 1,
  unit: 'counts12',
  window: { center: 2048, width: 4096 },
  fieldOfView: 220,
  draw(scene) {
    const plane = drawHand(scene);
    finish(scene, plane, scene.acquisition.between(0.8, 1.1));
    return [plane];
  },
};

interface Bone {
  readonly from: Point;
  readonly to: Point;
  readonly half: number;
}

function drawHand(scene: Scene): Plane {
  const { sheet, anatomy } = scene;
  const plane = blankPlane(sheet, 0);
  const skin = blankPlane(sheet, 0);
  const spread = anatomy.between(0.8, 1.25);
  const bones: Bone[] = [];
  // Five rays: direction from the vertical, wrist end of the metacarpal, lengths of the bones.
  const rays = [
    { angle: -0.75, x: -0.2, y: 0.42, lengths: [0.26, 0.2, 0.15] },
    { angle: -0.2, x: -0.14, y: 0.28, lengths: [0.42, 0.25, 0.15, 0.11] },
    { angle: -0.02, x: -0.02, y: 0.26, lengths: [0.42, 0.28, 0.18, 0.12] },
    { angle: 0.15, x: 0.1, y: 0.28, lengths: [0.38, 0.26, 0.17, 0.12] },
    { angle: 0.34, x: 0.19, y: 0.33, lengths: [0.34, 0.2, 0.12, 0.1] },
  ];
  for (const ray of rays) {
    let angle = ray.angle * spread + anatomy.normal(0, 0.03);
    let at = { x: ray.x, y: ray.y };
    let half = 0.034;
    const joints = [at];
    for (const length of ray.lengths) {
      const to = { x: at.x + Math.sin(angle) * length, y: at.y - Math.cos(angle) * length };
      const gap = 0.018;
      bones.push({
        from: { x: at.x + Math.sin(angle) * gap, y: at.y - Math.cos(angle) * gap },
        to: { x: to.x - Math.sin(angle) * gap, y: to.y + Math.cos(angle) * gap },
        half,
      });
      at = to;
      joints.push(at);
      half *= 0.86;
      angle += anatomy.normal(0, 0.04);
    }
    mark(sheet, skin, band(joints, 0.1, 0.062), { softness: 0.06 });
  }
  mark(sheet, skin, blob(anatomy, { cx: 0, cy: 0.2, rx: 0.34, ry: 0.32, squareness: 3 }), { softness: 0.08 });
  mark(
    sheet,
    skin,
    band(
      [
        { x: 0, y: 0.4 },
        { x: 0.02, y: 1.4 },
      ],
      0.25,
      0.3,
    ),
    { softness: 0.08 },
  );
  const grain = smoothNoise(anatomy, sheet.side, 14, 3);
  for (let i = 0; i < plane.length; i++) plane[i] = 0.5 * skin[i]! * (1 + 0.06 * grain[i]!);

  const trabecula = smoothNoise(anatomy, sheet.side, 56, 2, 0.7);
  for (const bone of bones) drawTubularBone(scene, plane, bone, trabecula);
  for (let k = 0; k < 7; k++) {
    const carpal = blob(anatomy, {
      cx: -0.14 + (k % 4) * 0.1 + anatomy.normal(0, 0.012),
      cy: 0.37 + Math.floor(k / 4) * 0.11,
      rx: 0.055,
      ry: 0.052,
      irregularity: 0.07,
      squareness: 2.6,
    });
    add(sheet, plane, carpal, (i) => 0.34 * (1 + 0.2 * trabecula[i]!));
    add(sheet, plane, rim(carpal, 0.014), 0.16);
  }
  drawTubularBone(scene, plane, { from: { x: -0.08, y: 0.64 }, to: { x: -0.05, y: 1.3 }, half: 0.1 }, trabecula);
  drawTubularBone(scene, plane, { from: { x: 0.17, y: 0.68 }, to: { x: 0.15, y: 1.3 }, half: 0.055 }, trabecula);
  drawHandLesion(scene, plane, bones);
  return plane;
}

/** Shaft with a dense cortex, marrow that is more transparent in the middle, wider ends. */
function drawTubularBone(scene: Scene, plane: Plane, bone: Bone, trabecula: Float32Array): void {
  const { sheet } = scene;
  const shape = tubular(bone);
  add(sheet, plane, shape, (i) => 0.36 * (1 + 0.15 * trabecula[i]!));
  add(sheet, plane, rim(shape, bone.half * 0.34), 0.3, { softness: 0.012 });
}

function tubular(bone: Bone): Shape {
  const { from, to, half } = bone;
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const shaft = band([from, middle, to], half * 0.72);
  const head = ellipse(to.x, to.y, half * 1.15, half);
  const base = ellipse(from.x, from.y, half * 1.25, half);
  const [a, b, c] = [shaft.bounds, head.bounds, base.bounds];
  return {
    bounds: [
      Math.min(a[0], b[0], c[0]),
      Math.min(a[1], b[1], c[1]),
      Math.max(a[2], b[2], c[2]),
      Math.max(a[3], b[3], c[3]),
    ],
    distance: (x, y) => Math.min(shaft.distance(x, y), head.distance(x, y), base.distance(x, y)),
  };
}

function drawHandLesion(scene: Scene, plane: Plane, bones: readonly Bone[]): void {
  const { sheet, fate } = scene;
  const bone = bones[fate.below(bones.length)]!;
  const shape = tubular(bone);
  const t = fate.between(0.25, 0.75);
  const at = { x: bone.from.x + (bone.to.x - bone.from.x) * t, y: bone.from.y + (bone.to.y - bone.from.y) * t };
  switch (scene.lesion) {
    case 'fracture': {
      const across = Math.atan2(bone.to.y - bone.from.y, bone.to.x - bone.from.x) + Math.PI / 2 + fate.normal(0, 0.5);
      const start = { x: at.x - Math.cos(across) * 0.06, y: at.y - Math.sin(across) * 0.06 };
      const crack = band(wander(fate, start, across, 0.12, 5, 0.4), fate.between(0.007, 0.014));
      add(sheet, plane, both(crack, shape), -0.5);
      mark(sheet, scene.mask, ellipse(at.x, at.y, 0.06, 0.06));
      return;
    }
    case 'lytic-lesion':
      plant(
        scene,
        plane,
        both(ellipse(at.x, at.y, fate.between(0.03, 0.06), fate.between(0.03, 0.05)), inset(shape, 0.006)),
        0.55,
      );
      return;
    case 'erosion': {
      const notch = ellipse(bone.to.x + fate.normal(0, 0.02), bone.to.y, 0.022, 0.02);
      plant(scene, plane, notch, 0.5);
      return;
    }
    case 'calcification':
      for (let k = 2 + fate.below(4); k > 0; k--) {
        const speck = ellipse(
          at.x + 0.06 + fate.normal(0, 0.02),
          at.y + fate.normal(0, 0.03),
          fate.between(0.01, 0.02),
          0.012,
        );
        add(sheet, plane, speck, 0.45);
        mark(sheet, scene.mask, speck);
      }
      return;
    case 'foreign-body': {
      const sliver = band(
        wander(fate, { x: at.x + 0.03, y: at.y }, fate.between(0, 6), fate.between(0.05, 0.16), 2, 0.2),
        0.01,
      );
      plant(scene, plane, sliver, 2.4);
      return;
    }
    case 'swelling': {
      const bump = ellipse(at.x, at.y, 0.15, 0.17);
      add(sheet, plane, bump, 0.26, { softness: 0.08 });
      mark(sheet, scene.mask, bump);
      return;
    }
  }
}

/**
 * Scatter and focus blur, quanta, then the detector's curve to 12-bit counts, which flattens toward white; attenuation
 * `full` is shown at about 0.8 of full scale.
 */
function finish(scene: Scene, plane: Plane, full: number): void {
  const { sheet, acquisition } = scene;
  soften(sheet, plane, acquisition.between(0.35, 0.85));
  quantumNoise(acquisition, plane, acquisition.between(2500, 14000));
  const gamma = acquisition.between(1, 2.2);
  for (let i = 0; i < plane.length; i++) {
    const share = 1 - Math.exp((-1.6 * Math.max(0, plane[i]!)) / full);
    plane[i] = 4095 * share ** gamma;
  }
}
