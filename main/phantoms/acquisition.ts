/** What scanners add to a picture: noise with each modality's statistics, and artefacts. Planes are changed in place. */
import type { Random } from '../method/random.ts';
import { blur, smoothNoise, whiteNoise } from './noise.ts';
import type { Plane, Sheet } from './sheet.ts';

/** Blur of the detector or reconstruction kernel; `sigma` in pixels of a 224-pixel picture. */
export function soften(sheet: Sheet, plane: Plane, sigma: number): void {
  blur(plane, sheet.side, (sigma * sheet.side) / 224);
}

/** CT: noise of reconstructed slices, correlated over about a pixel, strongest in the middle of the body. HU. */
export function tomographicNoise(random: Random, sheet: Sheet, plane: Plane, deviation: number, grain: number): void {
  const noise = blur(whiteNoise(random, plane.length), sheet.side, (grain * sheet.side) / 224);
  const gain = deviation * (1 + 3.2 * grain * (sheet.side / 224));
  for (let i = 0; i < plane.length; i++) {
    const r2 = sheet.x[i]! ** 2 + sheet.y[i]! ** 2;
    plane[i]! += noise[i]! * gain * Math.max(0.4, 1.2 - 0.7 * r2);
  }
}

/** CT: dark and bright rays from a dense object at (cx, cy). HU. */
export function streaks(random: Random, sheet: Sheet, plane: Plane, cx: number, cy: number, strength: number): void {
  const rays = Array.from({ length: 12 }, () => random.normal());
  for (let i = 0; i < plane.length; i++) {
    const dx = sheet.x[i]! - cx;
    const dy = sheet.y[i]! - cy;
    const position = ((Math.atan2(dy, dx) / Math.PI + 1) / 2) * 12;
    const k = Math.floor(position) % 12;
    const t = position - Math.floor(position);
    const ray = rays[k]! * (1 - t) + rays[(k + 1) % 12]! * t;
    plane[i]! += (strength * ray) / (1 + 6 * Math.hypot(dx, dy));
  }
}

/** MR: slow change of sensitivity over the picture, 1 +- `strength`. */
export function biasField(random: Random, sheet: Sheet, plane: Plane, strength: number): void {
  const field = smoothNoise(random, sheet.side, 1, 2, 0.4);
  for (let i = 0; i < plane.length; i++) plane[i]! *= Math.max(0.2, 1 + strength * field[i]!);
}

/** MR: magnitude of a complex signal with normal noise in both parts (Gudbjartsson and Patz, 1995). */
export function ricianNoise(random: Random, plane: Plane, deviation: number): void {
  const real = whiteNoise(random, plane.length);
  const imaginary = whiteNoise(random, plane.length);
  for (let i = 0; i < plane.length; i++)
    plane[i] = Math.hypot(Math.max(0, plane[i]!) + deviation * real[i]!, deviation * imaginary[i]!);
}

/** MR: a weaker copy of the picture, displaced along the phase direction, as motion leaves it. */
export function ghost(random: Random, sheet: Sheet, plane: Plane, strength: number): void {
  const { side } = sheet;
  const shift = Math.round(side * random.between(0.15, 0.5));
  const original = plane.slice();
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++)
      plane[row * side + column]! += strength * original[((row + shift) % side) * side + column]!;
}

/** Radiograph: quantum noise. `plane` holds attenuation (-ln of transmission); `photons` arrive unattenuated. */
export function quantumNoise(random: Random, plane: Plane, photons: number): void {
  const noise = whiteNoise(random, plane.length);
  for (let i = 0; i < plane.length; i++) {
    const expected = photons * Math.exp(-plane[i]!);
    // Poisson, in its normal limit: thousands of quanta per pixel.
    plane[i] = -Math.log(Math.max(1, expected + Math.sqrt(expected) * noise[i]!) / photons);
  }
}

/**
 * Ultrasound: fully developed speckle. The plane holds echo amplitude; it is multiplied by the magnitude of complex
 * noise whose grain is `axial` pixels deep and `lateral` pixels wide, then compressed logarithmically over
 * `dynamicRange` dB into 0..255.
 */
export function speckle(
  random: Random,
  sheet: Sheet,
  plane: Plane,
  axial: number,
  lateral: number,
  dynamicRange: number,
): void {
  const scale = sheet.side / 224;
  const real = blur(whiteNoise(random, plane.length), sheet.side, lateral * scale, axial * scale);
  const imaginary = blur(whiteNoise(random, plane.length), sheet.side, lateral * scale, axial * scale);
  // The blur leaves a deviation of 1 / (2 sqrt(pi lateral axial)); divided out, so that the mean power is 1.
  const gain = Math.sqrt(2 * Math.PI * Math.max(0.3, lateral * scale) * Math.max(0.3, axial * scale));
  for (let i = 0; i < plane.length; i++) {
    const amplitude = Math.max(1e-4, plane[i]!) * (0.08 + gain * Math.hypot(real[i]!, imaginary[i]!));
    plane[i] = 255 * Math.max(0, Math.min(1, 1 + (20 * Math.log10(amplitude)) / dynamicRange));
  }
}
