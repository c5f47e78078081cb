/** Makes ready, while the reader looks at the worklist, what the first picture would wait for. */
import { cache, Enums, imageLoader, type RenderingEngine, type Types, utilities } from '@cornerstonejs/core';
import { startCornerstone } from './cornerstone.ts';
import { framesDrawn } from './frames-drawn.ts';

const id = 'prepared';
/** Pixels, of the picture and of its place. */
const side = 32;
let begun = false;

/** Once the window has nothing else to do: starts Cornerstone and draws a picture that nobody sees, for its shaders. */
export function prepareViewer(): void {
  if (begun) return;
  begun = true;
  requestIdleCallback(async () => {
    // Where the machine has no WebGL, the viewer says so when a study is opened.
    const engine = await startCornerstone().catch(() => null);
    if (engine) await drawUnseen(engine);
  });
}

async function drawUnseen(engine: RenderingEngine): Promise<void> {
  const element = document.createElement('div');
  element.style.cssText = `contain: strict; height: ${side}px; position: fixed; visibility: hidden; width: ${side}px`;
  document.body.append(element);
  let drawn = false;
  element.addEventListener(Enums.Events.IMAGE_RENDERED, () => {
    drawn = true;
  });
  try {
    engine.enableElement({ viewportId: id, type: Enums.ViewportType.STACK, element });
    imageLoader.createAndCacheLocalImage(id, {
      scalarData: new Float32Array(side * side),
      dimensions: [side, side],
      spacing: [1, 1],
    });
    const modality = { type: Enums.MetadataModules.GENERAL_SERIES, metadata: { modality: 'OT' } };
    utilities.genericMetadataProvider.add(id, modality);
    await engine.getViewport<Types.IStackViewport>(id).setStack([id]);
    await framesDrawn(2);
    if (!drawn) throw new Error('The picture that makes the viewer ready was not drawn.');
  } finally {
    engine.disableElement(id);
    cache.removeImageLoadObject(id);
    element.remove();
  }
}
