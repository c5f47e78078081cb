/** Magnetic resonance in arbitrary 12-bit counts: brain (axial) and knee (sagittal), several weightings. */
import { biasField, ghost, ricianNoise, soften } from './acquisition.ts';
import { drawHead, type HeadLesions, type HeadTissues, headLesionWords } from './head.ts';
import { smoothNoise } from './noise.ts';
import { lesionIn, plant, type Recipe, type Scene } from './scene.ts';
import { band, below, blob, both, curve, ellipse, inset, rim, type Shape, vesselTree, without } from './shapes.ts';
import { blankPlane, type Plane, paint } from './sheet.ts';

/** Signal of each tissue as a share of full scale, per weighting. Textbook contrast, not simulated from T1 and T2. */
const brainWeightings: readonly { tissue: HeadTissues; lesion: HeadLesions }[] = [
  // T1
  {
    tissue: weighting(0.01, 0.35, 0.75, 0.04, 0.5, 0.1, 0.4, 0.56, 0.45, 0.3, 0.3, 0.2),
    lesion: {
      blood: 0.8,
      edema: 0.3,
      tumour: 0.28,
      tumourRim: 0.75,
      infarct: 0.3,
      cyst: 0.1,
      plaque: 0.3,
      calcium: 0.1,
    },
  },
  // T2
  {
    tissue: weighting(0.01, 0.35, 0.6, 0.03, 0.4, 0.9, 0.5, 0.34, 0.42, 0.2, 0.6, 0.05),
    lesion: {
      blood: 0.12,
      edema: 0.8,
      tumour: 0.65,
      tumourRim: 0.5,
      infarct: 0.75,
      cyst: 0.93,
      plaque: 0.78,
      calcium: 0.05,
    },
  },
  // FLAIR
  {
    tissue: weighting(0.01, 0.35, 0.5, 0.03, 0.35, 0.07, 0.46, 0.37, 0.44, 0.25, 0.35, 0.1),
    lesion: {
      blood: 0.2,
      edema: 0.8,
      tumour: 0.6,
      tumourRim: 0.7,
      infarct: 0.82,
      cyst: 0.08,
      plaque: 0.85,
      calcium: 0.05,
    },
  },
];

function weighting(...s: number[]): HeadTissues {
  const [air, skin, fat, bone, marrow, csf, grey, white, deepGrey, falx, choroid, vessel] = s as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { air, skin, fat, bone, marrow, csf, grey, white, deepGrey, falx, choroid, vessel };
}

export const mrBrain: Recipe = {
  modality: 'MR',
  bodyPart: 'BRAIN',
  names: ['brain MRI', 'MR of the brain', 'axial magnetic resonance image of the brain', 'cranial MRI'],
  lesions: {
    'intracerebral-bleed': headLesionWords['intracerebral-bleed']!,
    'subdural-bleed': headLesionWords['subdural-bleed']!,
    mass: headLesionWords.mass!,
    infarct: headLesionWords.infarct!,
    cyst: headLesionWords.cyst!,
    hydrocephalus: headLesionWords.hydrocephalus!,
    plaques: ['white matter plaques', 'multiple white matter lesions'],
  },
  channels: 1,
  unit: 'counts12',
  window: { center: 1050, width: 2100 },
  fieldOfView: 240,
  draw(scene) {
    const { tissue, lesion } = brainWeightings[scene.anatomy.below(brainWeightings.length)]!;
    const plane = drawHead(scene, tissue, lesion);
    finish(scene, plane, 0.15, 0.2);
    return [plane];
  },
};

export const mrKnee: Recipe = {
  modality: 'MR',
  bodyPart: 'KNEE',
  names: ['knee MRI', 'MR of the knee', 'sagittal magnetic resonance image of the knee'],
  lesions: {
    effusion: ['joint effusion', 'fluid in the knee joint'],
    'marrow-edema': ['bone marrow edema', 'bone bruise'],
    'meniscal-tear': ['meniscal tear', 'torn meniscus'],
    cyst: ['popliteal cyst', 'baker cyst'],
    'cartilage-defect': ['cartilage defect', 'focal cartilage loss'],
    'bone-tumour': ['bone tumour', 'bone lesion'],
    fracture: ['fracture line', 'subchondral fracture'],
  },
  channels: 1,
  unit: 'counts12',
  window: { center: 1050, width: 2100 },
  fieldOfView: 160,
  draw(scene) {
    const plane = drawKnee(scene);
    finish(scene, plane, 0.2, 0.25);
    return [plane];
  },
};

function drawKnee(scene: Scene): Plane {
  const { sheet, anatomy } = scene;
  const suppressed = anatomy.uniform() < 0.5;
  const fat = suppressed ? 0.14 : 0.72;
  const marrow = suppressed ? 0.12 : 0.62;
  const muscle = suppressed ? 0.3 : 0.25;
  const fluid = suppressed ? 0.95 : 0.6;
  const cartilage = suppressed ? 0.6 : 0.42;
  const plane = blankPlane(sheet, 0.01);
  const grain = smoothNoise(anatomy, sheet.side, 26, 3, 0.6);
  const streak = smoothNoise(anatomy, sheet.side, 7, 4, 0.6);
  const textured = (mean: number, spread: number) => (i: number) => mean * (1 + spread * grain[i]!);

  const limb = blob(anatomy, {
    cx: 0,
    cy: 0,
    rx: anatomy.between(0.7, 0.84),
    ry: 1.5,
    irregularity: 0.025,
    squareness: 4,
  });
  paint(sheet, plane, limb, muscle);
  paint(sheet, plane, inset(limb, 0.02), textured(fat, 0.12));
  paint(
    sheet,
    plane,
    inset(limb, anatomy.between(0.07, 0.14)),
    (i) => muscle * (1 + 0.3 * streak[i]!) + 0.3 * fat * Math.max(0, streak[i]! - 0.4),
  );

  const condyle = blob(anatomy, { cx: 0.02, cy: -0.2, rx: 0.4, ry: 0.27, irregularity: 0.03 });
  const shaft = band(
    [
      { x: -0.08, y: -1.3 },
      { x: -0.03, y: -0.3 },
    ],
    0.2,
    0.28,
  );
  const plateau = blob(anatomy, { cx: 0.02, cy: 0.42, rx: 0.42, ry: 0.22, irregularity: 0.03, squareness: 3 });
  const tibia = band(
    [
      { x: 0, y: 0.5 },
      { x: -0.02, y: 1.3 },
    ],
    0.3,
    0.2,
  );
  const patella = blob(anatomy, { cx: -0.58, cy: -0.3, rx: 0.09, ry: 0.2, angle: 0.15, irregularity: 0.04 });
  const bones = [shaft, condyle, tibia, plateau, patella];
  paint(sheet, plane, inset(condyle, -0.035), cartilage);
  paint(sheet, plane, inset(plateau, -0.025), cartilage);
  for (const bone of bones) paint(sheet, plane, bone, 0.05);
  for (const bone of bones) paint(sheet, plane, inset(bone, 0.018), textured(marrow, 0.16));
  paint(
    sheet,
    plane,
    band(
      [
        { x: -0.38, y: 0.3 },
        { x: 0.42, y: 0.3 },
      ],
      0.004,
    ),
    0.06,
    { opacity: 0.5 },
  );

  const menisci = [-1, 1].map((side) =>
    both(ellipse(0.02 + side * 0.32, 0.135, 0.13, 0.06), without(below(-9), inset(condyle, -0.02))),
  );
  for (const meniscus of menisci) paint(sheet, plane, meniscus, 0.05);
  const tendon = [
    { x: -0.62, y: -1.2 },
    { x: -0.68, y: -0.4 },
    { x: -0.6, y: 0 },
    { x: -0.42, y: 0.5 },
  ];
  paint(sheet, plane, band(tendon, 0.03), 0.06);
  paint(
    sheet,
    plane,
    blob(anatomy, { cx: -0.45, cy: 0.1, rx: 0.12, ry: 0.2, angle: -0.3, irregularity: 0.1 }),
    textured(fat, 0.2),
    { softness: 0.04 },
  );
  paint(sheet, plane, band(curve({ x: 0.1, y: 0.05 }, { x: 0.3, y: 0.2 }, { x: 0.34, y: 0.4 }), 0.03), 0.08);
  for (const vessel of vesselTree(anatomy, { x: 0.56, y: -0.9 }, Math.PI / 2, 0.6, 0.03, 1))
    paint(sheet, plane, band(vessel.points, vessel.startWidth, vessel.endWidth), anatomy.uniform() < 0.5 ? 0.05 : 0.7);

  drawKneeLesion(scene, plane, { condyle, plateau, tibia, menisci }, fluid, suppressed);
  return plane;
}

function drawKneeLesion(
  scene: Scene,
  plane: Plane,
  parts: { condyle: Shape; plateau: Shape; tibia: Shape; menisci: readonly Shape[] },
  fluid: number,
  suppressed: boolean,
): void {
  const { sheet, fate } = scene;
  const bone = fate.uniform() < 0.5 ? parts.condyle : parts.plateau;
  const texture = smoothNoise(fate, sheet.side, 16, 3, 0.6);
  switch (scene.lesion) {
    case 'effusion': {
      const recess = blob(fate, {
        cx: -0.42,
        cy: -0.62,
        rx: fate.between(0.06, 0.13),
        ry: fate.between(0.2, 0.34),
        angle: 0.15,
        irregularity: 0.12,
      });
      plant(scene, plane, recess, fluid);
      plant(
        scene,
        plane,
        band(curve({ x: -0.45, y: -0.35 }, { x: -0.46, y: -0.1 }, { x: -0.36, y: 0.08 }), 0.03, 0.015),
        fluid,
      );
      return;
    }
    case 'marrow-edema': {
      const { shape } = lesionIn(scene, bone, 0.1, 0.24, 0.18);
      plant(scene, plane, both(shape, inset(bone, 0.02)), (i) => (suppressed ? 0.62 : 0.3) * (1 + 0.15 * texture[i]!), {
        softness: 0.12,
      });
      return;
    }
    case 'meniscal-tear': {
      const meniscus = parts.menisci[fate.below(2)]!;
      const [x0, y0, x1, y1] = meniscus.bounds;
      const middle = { x: (x0 + x1) / 2 + fate.normal(0, 0.03), y: (y0 + y1) / 2 };
      const tilt = fate.between(0.3, 2.8);
      const reach = { x: Math.cos(tilt) * 0.12, y: Math.sin(tilt) * 0.08 };
      const tear = band(
        [
          { x: middle.x - reach.x, y: middle.y - reach.y },
          { x: middle.x + reach.x, y: middle.y + reach.y },
        ],
        fate.between(0.01, 0.02),
      );
      plant(scene, plane, both(tear, inset(meniscus, -0.02)), fluid);
      return;
    }
    case 'cyst': {
      const cyst = blob(fate, {
        cx: fate.between(0.48, 0.6),
        cy: fate.between(-0.1, 0.3),
        rx: fate.between(0.07, 0.13),
        ry: fate.between(0.12, 0.28),
        irregularity: 0.1,
      });
      plant(scene, plane, cyst, fluid);
      return;
    }
    case 'cartilage-defect': {
      const x = fate.between(-0.25, 0.3);
      const notch = ellipse(x, 0.07 - Math.abs(x) * 0.1, fate.between(0.05, 0.1), 0.04);
      plant(scene, plane, notch, fluid);
      return;
    }
    case 'bone-tumour': {
      const { shape, radius } = lesionIn(scene, inset(parts.tibia, 0.02), 0.09, 0.2, 0.12);
      plant(scene, plane, both(shape, parts.tibia), 0.08);
      plant(scene, plane, both(inset(shape, radius * 0.12), parts.tibia), (i) => 0.5 * (1 + 0.4 * texture[i]!));
      return;
    }
    case 'fracture': {
      const y = parts.plateau.bounds[1] + fate.between(0.06, 0.16);
      const crack = curve(
        { x: -0.3, y: y + fate.normal(0, 0.05) },
        { x: 0, y: y + fate.normal(0, 0.08) },
        { x: fate.between(0, 0.35), y },
      );
      plant(scene, plane, both(rim(inset(band(crack, 0.02), -0.06), 0.08), parts.plateau), suppressed ? 0.5 : 0.35, {
        softness: 0.05,
        opacity: 0.7,
      });
      plant(scene, plane, both(band(crack, 0.012), parts.plateau), suppressed ? 0.04 : 0.06);
      return;
    }
  }
}

/** Acquisition: blur, coil sensitivity, ghosts, Rician noise; scaled to 12-bit counts. */
function finish(scene: Scene, plane: Plane, bias: number, ghosting: number): void {
  const { sheet, acquisition } = scene;
  soften(sheet, plane, acquisition.between(0.4, 0.9));
  biasField(acquisition, sheet, plane, acquisition.between(0, bias * 2));
  if (acquisition.uniform() < ghosting) ghost(acquisition, sheet, plane, acquisition.between(0.01, 0.05));
  ricianNoise(acquisition, plane, acquisition.between(0.008, 0.035));
  const gain = acquisition.between(2200, 3000);
  for (let i = 0; i < plane.length; i++) plane[i] = Math.max(0, Math.min(4095, plane[i]! * gain));
}
