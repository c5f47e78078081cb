/** Cornerstone3D, started once for the window. */
import { cache, init as initCore, RenderingEngine } from '@cornerstonejs/core';
import { addTool, annotation, CrosshairsTool, init as initTools } from '@cornerstonejs/tools';
import { toolClasses } from './mouse-tools.ts';
import { registerStackImages } from './stack-images.ts';

const cacheBytes = 1_000_000_000;
let starting: Promise<RenderingEngine> | null = null;

/** Rejects where the machine has no WebGL. */
export function startCornerstone(): Promise<RenderingEngine> {
  starting ??= start();
  starting.catch(() => {
    starting = null;
  });
  return starting;
}

async function start(): Promise<RenderingEngine> {
  await initCore();
  initTools();
  cache.setMaxCacheSize(cacheBytes);
  registerStackImages();
  for (const tool of [...toolClasses, CrosshairsTool]) addTool(tool);
  const { style } = annotation.config;
  style.setDefaultToolStyles({
    ...style.getDefaultToolStyles(),
    global: {
      ...style.getDefaultToolStyles().global,
      color: '#ffe08a',
      colorHighlighted: '#ffffff',
      colorSelected: '#ffffff',
      lineWidth: '1.5',
      textBoxFontFamily: 'Inter Variable, Inter, sans-serif',
      textBoxFontSize: '12px',
      textBoxColor: '#ffe08a',
      textBoxColorHighlighted: '#ffffff',
      textBoxColorSelected: '#ffffff',
      textBoxLinkLineWidth: '1',
    },
  });
  return new RenderingEngine('window');
}
