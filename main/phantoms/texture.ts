/**
 * Formula-driven pictures without anatomy: fractals, contours, noise, cells, dead leaves. Vision transformers learn
 * useful features from such pictures alone (Kataoka et al., 2022, radial contours "RCDB"; Baradad et al., 2021, dead
 * leaves). The lesion of a texture is a patch of another texture let into it.
 */
import type { Random } from '../method/random.ts';
import { soften } from './acquisition.ts';
import { blur, smoothNoise, whiteNoise } from './noise.ts';
import { lesionIn, type Recipe, type Scene } from './scene.ts';
import { blob, ellipse } from './shapes.ts';
import { blankPlane, mark, type Plane, paint, type Sheet, stencil } from './sheet.ts';

type Painter = (random: Random, sheet: Sheet) => Plane;

function recipe(name: string, painter: Painter): Recipe {
  return {
    modality: 'OT',
    bodyPart: 'NONE',
    names: [`${name} texture`, `${name} pattern`, `picture of a ${name} texture`],
    lesions: {
      inset: ['patch of a foreign texture', 'inserted patch', 'defect in the texture'],
      spot: ['bright spot', 'dark spot', 'blemish'],
      distortion: ['local distortion', 'deformed region'],
    },
    channels: 1,
    unit: 'grey8',
    window: { center: 128, width: 256 },
    fieldOfView: 100,
    draw(scene) {
      const { sheet, anatomy, fate, acquisition } = scene;
      let plane = normalise(painter(anatomy, sheet));
      if (scene.lesion !== null) {
        const field = ellipse(0, 0, 0.85, 0.85);
        const { shape, center, radius } = lesionIn(scene, field, 0.08, 0.4, 0.2);
        const share = stencil(sheet, shape, 0.05);
        mark(sheet, scene.mask, shape);
        if (scene.lesion === 'inset') {
          const others = Object.values(painters);
          const other = normalise(others[fate.below(others.length)]!(fate, sheet));
          for (let i = 0; i < plane.length; i++) plane[i]! += (other[i]! - plane[i]!) * share[i]!;
        } else if (scene.lesion === 'spot') {
          const change = (fate.uniform() < 0.5 ? -1 : 1) * fate.between(50, 130);
          for (let i = 0; i < plane.length; i++) plane[i]! += change * share[i]!;
        } else plane = swirl(scene, plane, center.x, center.y, radius * 1.2, share);
      }
      soften(sheet, plane, acquisition.between(0, 1));
      const noise = whiteNoise(acquisition, plane.length);
      const deviation = acquisition.between(0, 12);
      for (let i = 0; i < plane.length; i++) plane[i] = Math.max(0, Math.min(255, plane[i]! + deviation * noise[i]!));
      return [plane];
    },
  };
}

/** Perlin-like noise of a random roughness, now and then folded into ridges or bands. */
function perlin(random: Random, sheet: Sheet): Plane {
  const plane = smoothNoise(random, sheet.side, 2 + random.below(14), 5, random.between(0.3, 0.8));
  const style = random.below(3);
  const bands = random.between(2, 9);
  if (style === 1) for (let i = 0; i < plane.length; i++) plane[i] = Math.abs(plane[i]!);
  if (style === 2) for (let i = 0; i < plane.length; i++) plane[i] = Math.sin(bands * plane[i]!);
  return plane;
}

/** Cells around random points: shade by cell, by distance, or by distance to the border. */
function voronoi(random: Random, sheet: Sheet): Plane {
  const plane = blankPlane(sheet);
  const grid = 3 + random.below(12);
  const style = random.below(3);
  const seeds = Array.from({ length: (grid + 2) ** 2 }, (_, k) => ({
    x: (((k % (grid + 2)) - 1 + random.uniform()) / grid) * 2 - 1,
    y: ((Math.floor(k / (grid + 2)) - 1 + random.uniform()) / grid) * 2 - 1,
    shade: random.uniform(),
  }));
  for (let i = 0; i < plane.length; i++) {
    const x = sheet.x[i]!;
    const y = sheet.y[i]!;
    const column = Math.max(1, Math.min(grid, Math.floor(((x + 1) / 2) * grid) + 1));
    const row = Math.max(1, Math.min(grid, Math.floor(((y + 1) / 2) * grid) + 1));
    let nearest = 9;
    let second = 9;
    let shade = 0;
    for (let dy = -1; dy <= 1; dy++)
      for (let dx = -1; dx <= 1; dx++) {
        const seed = seeds[(row + dy) * (grid + 2) + column + dx]!;
        const d = (seed.x - x) ** 2 + (seed.y - y) ** 2;
        if (d < nearest) {
          second = nearest;
          nearest = d;
          shade = seed.shade;
        } else if (d < second) second = d;
      }
    plane[i] =
      style === 0 ? shade : style === 1 ? Math.sqrt(nearest) : Math.min(0.08, Math.sqrt(second) - Math.sqrt(nearest));
  }
  return plane;
}

/** Overlapping shapes of power-law sizes, each with its own shade and grain. */
function deadLeaves(random: Random, sheet: Sheet): Plane {
  const plane = blankPlane(sheet, 0.5);
  const grain = smoothNoise(random, sheet.side, 30, 3, 0.8);
  const ragged = random.between(0, 0.25);
  for (let k = 0; k < 110; k++) {
    const radius = Math.min(0.6, 0.03 / random.between(0.04, 1));
    const shade = random.uniform();
    const roughness = random.between(0, 0.35);
    const leaf = blob(random, {
      cx: random.between(-1.1, 1.1),
      cy: random.between(-1.1, 1.1),
      rx: radius,
      ry: radius * random.between(0.3, 1),
      angle: random.between(0, Math.PI),
      irregularity: ragged,
      squareness: random.uniform() < 0.4 ? 5 : 2,
    });
    paint(sheet, plane, leaf, (i) => shade + roughness * grain[i]!);
  }
  return plane;
}

/** Nested polygons whose radius is a sum of harmonics (radial contours). */
function contours(random: Random, sheet: Sheet): Plane {
  const plane = blankPlane(sheet, 0);
  for (let figure = 1 + random.below(4); figure > 0; figure--) {
    const center = { cx: random.between(-0.5, 0.5), cy: random.between(-0.5, 0.5) };
    const field = blob(random, {
      ...center,
      rx: random.between(0.3, 0.9),
      ry: random.between(0.3, 0.9),
      irregularity: random.between(0.05, 0.3),
      harmonics: 3 + random.below(14),
    });
    const lines = random.between(4, 26);
    const sharp = random.between(0.15, 0.6);
    const wobble = smoothNoise(random, sheet.side, 6, 2);
    const shake = random.between(0, 0.08);
    for (let i = 0; i < plane.length; i++) {
      const d = field.distance(sheet.x[i]!, sheet.y[i]!) + shake * wobble[i]!;
      if (d < 0.05) plane[i]! += Math.max(0, Math.cos(d * lines * Math.PI) - sharp);
    }
  }
  return plane;
}

/** The attractor of a random iterated function system (chaos game), smoothed a little. */
function fractal(random: Random, sheet: Sheet): Plane {
  const { side } = sheet;
  const maps = Array.from({ length: 2 + random.below(4) }, () => {
    const angle = random.between(0, 2 * Math.PI);
    const shear = random.between(0, 2 * Math.PI);
    const a = random.between(0.35, 0.85);
    const b = random.between(0.3, 0.8) * (random.uniform() < 0.5 ? -1 : 1);
    return {
      a: a * Math.cos(angle),
      b: -b * Math.sin(shear),
      c: a * Math.sin(angle),
      d: b * Math.cos(shear),
      e: random.between(-0.7, 0.7),
      f: random.between(-0.7, 0.7),
    };
  });
  const points = new Float32Array(2 * 60000);
  let x = 0;
  let y = 0;
  let [left, right, top, bottom] = [9, -9, 9, -9];
  for (let k = 0; k < 60000; k++) {
    const map = maps[random.below(maps.length)]!;
    const next = Math.max(-4, Math.min(4, map.a * x + map.b * y + map.e));
    y = Math.max(-4, Math.min(4, map.c * x + map.d * y + map.f));
    x = next;
    points[2 * k] = x;
    points[2 * k + 1] = y;
    if (k < 50) continue;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const plane = new Float32Array(side * side);
  const scale = (side - 1) / Math.max(right - left, bottom - top, 0.05);
  for (let k = 50; k < 60000; k++) {
    const column = Math.round((points[2 * k]! - left) * scale);
    const row = Math.round((points[2 * k + 1]! - top) * scale);
    plane[row * side + column]! += 1;
  }
  for (let i = 0; i < plane.length; i++) plane[i] = Math.log1p(plane[i]!);
  return blur(plane, side, random.between(0.5, 2.5));
}

function swirl(scene: Scene, plane: Plane, cx: number, cy: number, radius: number, share: Plane): Plane {
  const { sheet, fate } = scene;
  const { side } = sheet;
  const turn = (fate.uniform() < 0.5 ? -1 : 1) * fate.between(0.8, 2.5);
  const out = plane.slice();
  for (let i = 0; i < plane.length; i++) {
    if (share[i]! <= 0) continue;
    const dx = sheet.x[i]! - cx;
    const dy = sheet.y[i]! - cy;
    const angle = turn * Math.max(0, 1 - Math.hypot(dx, dy) / (1.6 * radius));
    const column = (i % side) + ((dx * Math.cos(angle) - dy * Math.sin(angle) - dx) / 2) * side;
    const row = Math.floor(i / side) + ((dx * Math.sin(angle) + dy * Math.cos(angle) - dy) / 2) * side;
    const source = clamp(Math.round(row), side) * side + clamp(Math.round(column), side);
    out[i] = plane[source]!;
  }
  return out;
}

function clamp(index: number, side: number): number {
  return Math.max(0, Math.min(side - 1, index));
}

/** Stretches the values to 0..255 (2nd to 98th per cent). */
function normalise(plane: Plane): Plane {
  const sorted = plane.slice().sort();
  const low = sorted[Math.floor(sorted.length * 0.02)]!;
  const high = Math.max(low + 1e-3, sorted[Math.floor(sorted.length * 0.98)]!);
  for (let i = 0; i < plane.length; i++)
    plane[i] = Math.max(0, Math.min(255, (255 * (plane[i]! - low)) / (high - low)));
  return plane;
}

const painters: Readonly<Record<string, Painter>> = { perlin, voronoi, deadLeaves, contours, fractal };

export const texturePerlin = recipe('cloud', perlin);
export const textureVoronoi = recipe('cell', voronoi);
export const textureDeadLeaves = recipe('dead leaves', deadLeaves);
export const textureContours = recipe('contour', contours);
export const textureFractal = recipe('fractal', fractal);
