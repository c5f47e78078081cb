/** An axial slice of a head, for CT and MR alike: geometry here, tissue values from the caller. */

import { smoothNoise } from './noise.ts';
import { lesionIn, plant, type Scene } from './scene.ts';
import {
  band,
  below,
  blob,
  both,
  curve,
  ellipse,
  inset,
  rim,
  type Shape,
  vesselTree,
  wander,
  without,
} from './shapes.ts';
import { blankPlane, type Plane, paint, stencil } from './sheet.ts';

/** Values of the tissues in the caller's unit. */
export interface HeadTissues {
  readonly air: number;
  readonly skin: number;
  readonly fat: number;
  readonly bone: number;
  readonly marrow: number;
  readonly csf: number;
  readonly grey: number;
  readonly white: number;
  readonly deepGrey: number;
  readonly falx: number;
  readonly choroid: number;
  readonly vessel: number;
}

/** Values of the lesions in the caller's unit. */
export interface HeadLesions {
  readonly blood: number;
  readonly edema: number;
  readonly tumour: number;
  readonly tumourRim: number;
  readonly infarct: number;
  readonly cyst: number;
  readonly plaque: number;
  readonly calcium: number;
}

export const headLesionWords: Readonly<Record<string, readonly string[]>> = {
  'intracerebral-bleed': ['intracerebral haemorrhage', 'intraparenchymal bleeding', 'brain bleed'],
  'subdural-bleed': ['subdural haematoma', 'crescent shaped subdural bleeding'],
  'epidural-bleed': ['epidural haematoma', 'lens shaped epidural bleeding'],
  'subarachnoid-bleed': ['subarachnoid haemorrhage', 'blood in the sulci'],
  'ventricular-bleed': ['intraventricular haemorrhage', 'blood in the ventricles'],
  mass: ['brain tumour with edema', 'enhancing mass', 'brain mass'],
  infarct: ['ischaemic infarct', 'territorial infarction', 'stroke'],
  cyst: ['arachnoid cyst', 'brain cyst'],
  hydrocephalus: ['hydrocephalus', 'dilated ventricles'],
};

export function drawHead(scene: Scene, tissue: HeadTissues, lesion: HeadLesions): Plane {
  const { sheet, anatomy, level } = scene;
  const plane = blankPlane(sheet, tissue.air);

  // Skull: widest a little behind the middle; smaller toward the vertex.
  const size = 1 - 0.28 * Math.max(0, level - 0.6) ** 1.5 * 3;
  const rx = anatomy.between(0.7, 0.84) * size;
  const ry = anatomy.between(0.84, 0.96) * size;
  const outer = blob(anatomy, { cx: 0, cy: 0, rx, ry, irregularity: 0.012, harmonics: 5, squareness: 2.2 });
  const scalp = anatomy.between(0.025, 0.06);
  const thickness = anatomy.between(0.05, 0.095);
  const skull = inset(outer, scalp);
  const brain = inset(skull, thickness);
  const lining = smoothNoise(anatomy, sheet.side, 8, 2);
  paint(sheet, plane, outer, tissue.skin);
  paint(
    sheet,
    plane,
    inset(outer, scalp * 0.25),
    (i) => tissue.fat + (tissue.skin - tissue.fat) * clip(0.5 + lining[i]!),
  );
  paint(sheet, plane, skull, tissue.bone);
  paint(sheet, plane, inset(skull, thickness * 0.35), tissue.marrow, {
    softness: 0.02,
    opacity: anatomy.between(0.2, 0.8),
  });
  paint(sheet, plane, inset(skull, thickness * 0.65), tissue.bone);
  paint(sheet, plane, brain, tissue.csf);

  // Brain: white matter with a folded grey ribbon; sulci are valleys of a noise, open toward the surface.
  const cortex = inset(brain, anatomy.between(0.008, 0.03));
  const atrophy = anatomy.between(0.02, 0.13) + 0.05 * Math.max(0, level - 0.6);
  const folds = smoothNoise(anatomy, sheet.side, 12, 2, 0.35);
  const ribbon = smoothNoise(anatomy, sheet.side, 20, 2, 0.4);
  const grain = smoothNoise(anatomy, sheet.side, 24, 3, 0.7);
  const graded = (tissue.white - tissue.grey) * 0.12;
  paint(sheet, plane, cortex, (i) => {
    const depth = -brain.distance(sheet.x[i]!, sheet.y[i]!);
    const whiteness = clip((depth - 0.11 + 0.16 * Math.abs(folds[i]!) - 0.09 + 0.09 * ribbon[i]!) / 0.035);
    const matter = tissue.grey + (tissue.white - tissue.grey) * whiteness + graded * grain[i]!;
    const valley = clip(1.3 - Math.abs(folds[i]!) / atrophy) * clip(1.3 - depth / 0.24);
    return matter + (tissue.csf - matter) * valley;
  });
  // The interhemispheric fissure, front and back.
  const fissure = anatomy.between(0.004, 0.014);
  const callosum = level > 0.62 ? 0.0 : 0.32;
  for (const [from, to] of [
    [-ry, -callosum * ry],
    [callosum * ry * 1.3, ry],
  ] as const) {
    const line = both(band(wander(anatomy, { x: 0, y: from }, Math.PI / 2, to - from, 6, 0.03), fissure), brain);
    paint(sheet, plane, line, tissue.csf, { opacity: 0.8 });
    paint(
      sheet,
      plane,
      both(
        band(
          [
            { x: 0, y: from },
            { x: 0, y: to },
          ],
          0.006,
        ),
        brain,
      ),
      tissue.falx,
      { opacity: 0.7 },
    );
  }

  let ventricles: Shape[] = [];
  if (level < 0.34) drawBase(scene, plane, tissue, brain, skull);
  else if (level < 0.68) ventricles = drawVentricles(scene, plane, tissue);
  for (const side of [-1, 1])
    for (const vessel of vesselTree(anatomy, { x: side * 0.1, y: -0.2 }, side * 0.4 - 0.4, 0.2, 0.006, 2))
      paint(sheet, plane, band(vessel.points, vessel.startWidth, vessel.endWidth), tissue.vessel, { opacity: 0.5 });

  drawHeadLesion(scene, plane, brain, cortex, folds, ventricles, lesion);
  return plane;
}

function drawVentricles(scene: Scene, plane: Plane, tissue: HeadTissues): Shape[] {
  const { sheet, anatomy, level } = scene;
  // Basal ganglia and thalami.
  if (level < 0.55)
    for (const side of [-1, 1])
      for (const [x, y, rx, ry, angle] of [
        [0.26, -0.1, 0.075, 0.16, 0.25],
        [0.12, 0.1, 0.09, 0.13, -0.3],
        [0.14, -0.22, 0.05, 0.08, 0.2],
      ] as const)
        paint(sheet, plane, blob(anatomy, { cx: side * x, cy: y, rx, ry, angle: side * angle }), tissue.deepGrey, {
          softness: 0.03,
          opacity: 0.85,
        });
  const swollen = scene.lesion === 'hydrocephalus' ? scene.fate.between(2, 3.4) : 1;
  const width = anatomy.between(0.022, 0.06);
  const parts: Shape[] = [];
  for (const side of [-1, 1]) {
    const w = width * swollen;
    const tilt = anatomy.between(0.05, 0.12);
    const horn = curve(
      { x: side * (0.05 + tilt + w * 0.6), y: -0.36 },
      { x: side * (0.05 + w), y: -0.22 },
      { x: side * (0.05 + w), y: level < 0.5 ? -0.08 : 0.2 },
    );
    parts.push(band(horn, w, w * 0.6));
    const trigone = curve(
      { x: side * (0.12 + w), y: 0.18 },
      { x: side * 0.22, y: 0.3 },
      { x: side * anatomy.between(0.16, 0.24), y: anatomy.between(0.42, 0.56) },
    );
    parts.push(band(trigone, w * 0.9, w * 0.5));
  }
  if (level < 0.55)
    parts.push(
      band(
        [
          { x: 0, y: -0.06 },
          { x: 0, y: 0.14 },
        ],
        0.012 * swollen,
      ),
    );
  for (const part of parts) {
    paint(sheet, plane, part, tissue.csf);
    if (swollen > 1) plant(scene, plane, part, tissue.csf);
  }
  if (anatomy.uniform() < 0.6)
    for (const side of [-1, 1])
      paint(sheet, plane, ellipse(side * 0.2, 0.28, 0.025, 0.03), tissue.choroid, { opacity: 0.7 });
  // Sylvian fissures.
  for (const side of [-1, 1]) {
    const line = wander(anatomy, { x: side * 0.6, y: -0.12 }, side > 0 ? Math.PI * 0.95 : 0.15, 0.22, 5, 0.35);
    paint(sheet, plane, band(line, anatomy.between(0.008, 0.022), 0.006), tissue.csf);
  }
  return parts;
}

/** The skull base: petrous ridges with air cells, sphenoid, sinuses, cisterns, cerebellum with its finer folds. */
function drawBase(scene: Scene, plane: Plane, tissue: HeadTissues, brain: Shape, skull: Shape): void {
  const { sheet, anatomy } = scene;
  const folia = smoothNoise(anatomy, sheet.side, 26, 1);
  const cerebellum = both(blob(anatomy, { cx: 0, cy: 0.5, rx: 0.46, ry: 0.3, irregularity: 0.03 }), brain);
  paint(sheet, plane, cerebellum, (i) => tissue.grey + (tissue.white - tissue.grey) * clip(0.4 + 0.6 * folia[i]!));
  paint(sheet, plane, rim(cerebellum, 0.02), tissue.csf, { opacity: 0.6 });
  const cistern = blob(anatomy, { cx: 0, cy: -0.02, rx: 0.14, ry: 0.11, irregularity: 0.2, harmonics: 5 });
  paint(sheet, plane, cistern, tissue.csf);
  paint(sheet, plane, ellipse(0, 0.16, 0.12, 0.11), tissue.white);
  paint(sheet, plane, blob(anatomy, { cx: 0, cy: 0.33, rx: 0.06, ry: 0.035 }), tissue.csf);
  const ridge = anatomy.between(0.04, 0.075);
  for (const side of [-1, 1]) {
    const bone = both(
      band(curve({ x: side * 0.7, y: 0.34 }, { x: side * 0.45, y: 0.2 }, { x: side * 0.16, y: 0.1 }), ridge, 0.02),
      skull,
    );
    paint(sheet, plane, bone, tissue.bone);
    if (scene.level < 0.2)
      for (let k = 0; k < 9; k++)
        paint(
          sheet,
          plane,
          ellipse(side * anatomy.between(0.4, 0.6), anatomy.between(0.2, 0.36), anatomy.between(0.01, 0.035), 0.015),
          tissue.air,
        );
    const wing = band(
      curve({ x: side * 0.62, y: -0.3 }, { x: side * 0.4, y: -0.22 }, { x: side * 0.2, y: -0.2 }),
      0.022,
      0.01,
    );
    paint(sheet, plane, both(wing, skull), tissue.bone, { opacity: 0.9 });
  }
  const sinus = blob(anatomy, { cx: 0, cy: -0.72, rx: anatomy.between(0.1, 0.24), ry: 0.07, irregularity: 0.15 });
  paint(sheet, plane, both(sinus, skull), tissue.bone);
  paint(sheet, plane, both(inset(sinus, 0.025), skull), tissue.air);
}

function drawHeadLesion(
  scene: Scene,
  plane: Plane,
  brain: Shape,
  cortex: Shape,
  folds: Float32Array,
  ventricles: readonly Shape[],
  value: HeadLesions,
): void {
  const { sheet, fate } = scene;
  const deep = inset(cortex, 0.08);
  const texture = smoothNoise(fate, sheet.side, 16, 3, 0.6);
  const mottled = (mean: number, spread: number) => (i: number) => mean * (1 + spread * texture[i]!);
  switch (scene.lesion) {
    case 'intracerebral-bleed': {
      const { shape, radius } = lesionIn(scene, deep, 0.06, 0.24, 0.16);
      plant(scene, plane, both(inset(shape, -radius * fate.between(0.1, 0.35)), cortex), value.edema, {
        softness: 0.05,
        opacity: 0.8,
      });
      plant(scene, plane, both(shape, brain), mottled(value.blood, 0.07), { softness: 0.02 });
      if (fate.uniform() < 0.4)
        for (let k = 0; k < 3; k++) plant(scene, plane, lesionIn(scene, deep, 0.015, 0.04).shape, value.blood);
      return;
    }
    case 'subdural-bleed': {
      const side = fate.uniform() < 0.5 ? -1 : 1;
      const depth = fate.between(0.04, 0.13);
      const reach = fate.between(0.45, 0.85);
      const crescent = without(
        both(brain, ellipse(side * 0.55, fate.normal(0, 0.15), 0.5, reach)),
        ellipse(-side * depth * 1.2, 0, 0.66 - depth, 0.86),
      );
      plant(
        scene,
        plane,
        both(crescent, without(brain, inset(brain, depth))),
        mottled(value.blood * fate.between(0.6, 1), 0.08),
      );
      return;
    }
    case 'epidural-bleed': {
      const angle = fate.between(0, 2 * Math.PI);
      const lens = blob(fate, {
        cx: Math.cos(angle) * 0.62,
        cy: Math.sin(angle) * 0.74,
        rx: fate.between(0.09, 0.17),
        ry: fate.between(0.2, 0.34),
        angle: Math.atan2(Math.sin(angle) * 0.74, Math.cos(angle) * 0.62),
        irregularity: 0.03,
      });
      plant(scene, plane, both(lens, brain), mottled(value.blood, 0.08));
      return;
    }
    case 'subarachnoid-bleed': {
      const field = lesionIn(scene, cortex, 0.25, 0.5, 0.2).shape;
      const width = fate.between(0.06, 0.14);
      const blood = stencil(sheet, both(field, brain), 0.1);
      for (let i = 0; i < plane.length; i++) {
        const depth = -brain.distance(sheet.x[i]!, sheet.y[i]!);
        const share = blood[i]! * clip(1.3 - Math.abs(folds[i]!) / width) * clip(1.4 - depth / 0.3);
        if (share <= 0) continue;
        plane[i]! += (value.blood - plane[i]!) * share;
        scene.mask[i] = Math.max(scene.mask[i]!, share);
      }
      return;
    }
    case 'ventricular-bleed': {
      const filled = ventricles.length > 0 ? ventricles : [lesionIn(scene, inset(brain, 0.35), 0.05, 0.1).shape];
      const fluid = below(fate.between(-0.3, 0.1), fate.normal(0, 0.1));
      for (const part of filled) plant(scene, plane, both(part, fluid), mottled(value.blood, 0.06));
      plant(scene, plane, lesionIn(scene, inset(brain, 0.35), 0.03, 0.07).shape, value.blood);
      return;
    }
    case 'mass': {
      const { shape, radius } = lesionIn(scene, deep, 0.07, 0.22, 0.15);
      plant(scene, plane, both(inset(shape, -radius * fate.between(0.2, 0.7)), cortex), value.edema, {
        softness: 0.08,
        opacity: 0.8,
      });
      plant(scene, plane, both(shape, brain), value.tumourRim, { softness: 0.02 });
      plant(scene, plane, both(inset(shape, radius * fate.between(0.12, 0.5)), brain), mottled(value.tumour, 0.12), {
        softness: 0.03,
      });
      if (fate.uniform() < 0.3) plant(scene, plane, lesionIn(scene, shape, 0.01, 0.03).shape, value.calcium);
      return;
    }
    case 'infarct': {
      const side = fate.uniform() < 0.5 ? -1 : 1;
      const wedge = blob(fate, {
        cx: side * fate.between(0.3, 0.5),
        cy: fate.between(-0.4, 0.45),
        rx: fate.between(0.14, 0.32),
        ry: fate.between(0.16, 0.36),
        irregularity: 0.14,
      });
      plant(scene, plane, both(wedge, cortex), mottled(value.infarct, 0.08), {
        softness: 0.07,
        opacity: fate.between(0.5, 0.95),
      });
      return;
    }
    case 'cyst': {
      plant(scene, plane, both(lesionIn(scene, cortex, 0.06, 0.2, 0.05).shape, brain), value.cyst, { softness: 0.02 });
      return;
    }
    case 'plaques': {
      for (let k = 2 + fate.below(8); k > 0; k--) {
        const { shape } = lesionIn(scene, inset(brain, 0.2), 0.015, 0.05);
        plant(scene, plane, shape, value.plaque, { softness: 0.03 });
      }
      return;
    }
    case 'fracture': {
      const angle = fate.between(0, 2 * Math.PI);
      const crack = wander(
        fate,
        { x: Math.cos(angle) * 0.95, y: Math.sin(angle) * 1.1 },
        angle + Math.PI + fate.normal(0, 0.5),
        0.45,
        6,
        0.25,
      );
      const line = without(band(crack, fate.between(0.006, 0.014)), inset(brain, 0.03));
      plant(scene, plane, both(line, inset(brain, -0.11)), value.edema);
      const swelling = lesionIn(scene, without(inset(brain, -0.14), inset(brain, -0.08)), 0.05, 0.1).shape;
      plant(scene, plane, without(swelling, inset(brain, -0.1)), value.edema, { softness: 0.03 });
      return;
    }
  }
}

function clip(value: number): number {
  return value < 0 ? 0 : Math.min(value, 1);
}
