/** The tools of the mouse, by the names that the reader's choice has. */
import {
  AngleTool,
  EllipticalROITool,
  LengthTool,
  MagnifyTool,
  PanTool,
  ProbeTool,
  RectangleROITool,
  StackScrollTool,
  Enums as ToolEnums,
  ToolGroupManager,
  type Types as ToolTypes,
  WindowLevelTool,
  ZoomTool,
} from '@cornerstonejs/tools';
import type { AnnotationTool } from '../../preload/contract/model.ts';
import { formatNumber } from '../design/format.ts';
import { knownPicture } from './stack-images.ts';
import { text } from './text.ts';

/** `outline` is drawn by Outliner.svelte, not by Cornerstone. */
export const mouseTools = [
  'window',
  'pan',
  'zoom',
  'scroll',
  'magnify',
  'length',
  'angle',
  'ellipse',
  'rectangle',
  'probe',
  'outline',
] as const;
export type MouseTool = (typeof mouseTools)[number];

export const annotationTools: Readonly<Record<AnnotationTool, string>> = {
  length: LengthTool.toolName,
  angle: AngleTool.toolName,
  ellipse: EllipticalROITool.toolName,
  rectangle: RectangleROITool.toolName,
  probe: ProbeTool.toolName,
};
const toolNames: Readonly<Record<Exclude<MouseTool, 'outline'>, string>> = {
  window: WindowLevelTool.toolName,
  pan: PanTool.toolName,
  zoom: ZoomTool.toolName,
  scroll: StackScrollTool.toolName,
  magnify: MagnifyTool.toolName,
  ...annotationTools,
};
export const toolClasses = [
  WindowLevelTool,
  PanTool,
  ZoomTool,
  StackScrollTool,
  MagnifyTool,
  LengthTool,
  AngleTool,
  EllipticalROITool,
  RectangleROITool,
  ProbeTool,
];

const { MouseBindings } = ToolEnums;
/** What the other buttons do whichever tool is on the first. */
const fixedButton: Partial<Record<MouseTool, number>> = {
  pan: MouseBindings.Auxiliary,
  zoom: MouseBindings.Secondary,
  scroll: MouseBindings.Wheel,
};

/** Gives a viewport its own set of tools. */
export function addToolGroup(viewportId: string, engineId: string): void {
  const group = ToolGroupManager.createToolGroup(viewportId);
  if (!group) throw new Error(`There is already a tool group ${viewportId}.`);
  for (const name of Object.values(toolNames)) group.addTool(name, { getTextLines: measuredLines });
  group.addViewport(viewportId, engineId);
}

/** Puts a tool on the first button. Measurements that are there can be moved with every tool. */
export function useTool(viewportId: string, tool: MouseTool): void {
  const group = ToolGroupManager.getToolGroup(viewportId);
  for (const [key, name] of Object.entries(toolNames) as [MouseTool, string][]) {
    const buttons = [fixedButton[key], key === tool ? MouseBindings.Primary : undefined];
    const bindings = buttons.filter((button) => button !== undefined).map((mouseButton) => ({ mouseButton }));
    group?.setToolPassive(name, { removeAllBindings: true });
    if (bindings.length > 0) group?.setToolActive(name, { bindings });
  }
}

/** What Cornerstone's tools work out; which of it there is depends on the tool. */
interface Stats {
  readonly length?: number | null;
  readonly angle?: number | string | null;
  readonly area?: number | null;
  readonly mean?: number | readonly number[] | null;
  readonly stdDev?: number | null;
  readonly value?: number | readonly number[] | null;
}

/** What lengths are in, and where they hold if not in the patient. */
function lengthUnits(lengths: 'pixels' | 'patient' | 'detector'): { readonly unit: string; readonly where: string } {
  if (lengths === 'pixels') return { unit: text().pixels, where: '' };
  return { unit: 'mm', where: lengths === 'detector' ? ` ${text().atDetector}` : '' };
}

/** The words beside a measurement, in the file's units; lengths in pixels where the spacing is unknown. */
function measuredLines(data: ToolTypes.AnnotationData, target: string | readonly string[]): string[] | undefined {
  const targetId = typeof target === 'string' ? target : (target[0] ?? '');
  const stats = (data as { cachedStats?: Record<string, Stats> }).cachedStats?.[targetId];
  if (!stats) return undefined;
  const known = knownPicture(targetId.replace(/^imageId:/, ''));
  const { unit, where } = lengthUnits(known?.lengths ?? 'pixels');
  const round = (value: number) => formatNumber(Number(value.toFixed(1)));
  const lines: string[] = [];
  const add = (label: string, value: unknown, suffix: string) => {
    if (typeof value === 'number' && Number.isFinite(value)) lines.push(`${label}${round(value)}${suffix}`);
  };
  const units = known?.units ? ` ${known.units}` : '';
  add('', stats.length, ` ${unit}${where}`);
  add('', stats.angle, '°');
  add(`${text().mean} `, stats.mean, units);
  add(`${text().deviation} `, stats.stdDev, units);
  add(`${text().area} `, stats.area, ` ${unit}²${where}`);
  add('', stats.value, units);
  return lines.length > 0 ? lines : undefined;
}
