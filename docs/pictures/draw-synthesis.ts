/**
 * Draws docs/pictures/synthesis-*.png, the pictures of docs/method.md: what each anomaly task makes of three generated
 * normal images, the mask outlined. `identity` shows the normal images themselves.
 * Run: npm run pictures
 */
import { join } from 'node:path';
import sharp from 'sharp';
import type { Image8 } from '../../main/method/image.ts';
import { Random } from '../../main/method/random.ts';
import { toTrainingGrey } from '../../main/method/resize.ts';
import { type AnomalyTask, anomalyTasks, applyTask } from '../../main/method/synthesis/synthesise.ts';
import { drawPhantom, HELD_OUT_SEEDS, showPhantom } from '../../main/phantoms/phantom.ts';

const SIDE = 224;
const GAP = 4;
const KINDS = ['ct-head', 'radiograph-chest', 'mr-knee'] as const;
/** Of each kind: the first is changed, all are what cut-paste takes patches from. */
const SUPPORT = 4;
const OUTLINE = [255, 140, 0] as const;

interface Canvas {
  readonly width: number;
  readonly height: number;
  /** RGB, interleaved */
  readonly data: Uint8Array;
}

function place(canvas: Canvas, image: Image8, left: number, mask: Uint8Array): void {
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const at = (y * canvas.width + left + x) * 3;
      const grey = image.data[y * SIDE + x]!;
      canvas.data.set(isEdge(mask, x, y) ? OUTLINE : [grey, grey, grey], at);
    }
}

/** Whether (x, y) lies in the mask and a neighbour to the side, above or below does not. */
function isEdge(mask: Uint8Array, x: number, y: number): boolean {
  const isSet = (column: number, row: number) =>
    column >= 0 && row >= 0 && column < SIDE && row < SIDE && mask[row * SIDE + column] === 1;
  return isSet(x, y) && !(isSet(x - 1, y) && isSet(x + 1, y) && isSet(x, y - 1) && isSet(x, y + 1));
}

async function drawTask(task: AnomalyTask, seed: number): Promise<void> {
  const width = KINDS.length * (SIDE + GAP) - GAP;
  const height = SIDE;
  const canvas: Canvas = { width, height, data: new Uint8Array(width * height * 3).fill(255) };
  const random = new Random(seed);
  for (const [column, kind] of KINDS.entries()) {
    const support = Array.from({ length: SUPPORT }, (_, i) =>
      toTrainingGrey(showPhantom(drawPhantom(kind, HELD_OUT_SEEDS + 9000 + i, { level: 0.5 })), SIDE),
    );
    const { image, unionMask } = applyTask(task, support[0]!, support, random);
    place(canvas, image, column * (SIDE + GAP), unionMask.data);
  }
  await sharp(canvas.data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 9, palette: true, colours: 64, dither: 0 })
    .toFile(join(import.meta.dirname, `synthesis-${task}.png`));
}

for (const [index, task] of anomalyTasks.entries()) await drawTask(task, 40 + index);
