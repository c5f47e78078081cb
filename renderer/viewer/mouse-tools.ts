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
import { measuredSize } from '../../preload/contract/measured-size.ts';
import type { AnnotationTool } from '../../preload/contract/model.ts';
import { formatNumber } from '../design/format.ts';
import { lengthUnits } from './measured.ts';
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

/** Lets a tool group of planes measure; the places of its measurements are mm in the patient. */
export function addMeasuringTools(group: ToolTypes.IToolGroup, units: string): void {
  for (const [tool, name] of Object.entries(annotationTools) as [AnnotationTool, string][])
    group.addTool(name, {
      getTextLines: (data: ToolTypes.AnnotationData, target: string | readonly string[]) =>
        linesInPlane(tool, data, target, units),
    });
}

/** Gives a viewport its own set of tools, one of them on the first button. */
export function addToolGroup(viewportId: string, engineId: string, tool: MouseTool): void {
  const group = ToolGroupManager.createToolGroup(viewportId);
  if (!group) throw new Error(`There is already a tool group ${viewportId}.`);
  for (const name of Object.values(toolNames)) group.addTool(name, { getTextLines: measuredLines });
  // Before the viewport is in it: every change of a tool draws the group's viewports, and this one has no picture yet.
  useTool(viewportId, tool);
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
  readonly length?: number | null | undefined;
  readonly angle?: number | string | null | undefined;
  readonly area?: number | null | undefined;
  readonly mean?: number | readonly number[] | null | undefined;
  readonly stdDev?: number | null | undefined;
  readonly value?: number | readonly number[] | null | undefined;
}

/** The words beside a measurement, in the file's units; lengths in pixels where the spacing is unknown. */
function measuredLines(data: ToolTypes.AnnotationData, target: string | readonly string[]): string[] | undefined {
  const stats = statsOf(data, target);
  if (!stats) return undefined;
  const known = knownPicture(targetOf(target).replace(/^imageId:/, ''));
  return worded(stats, { ...lengthUnits(known?.lengths ?? 'pixels'), values: known?.units ?? '' });
}

/** Sizes from the places themselves: Cornerstone counts those of a volume in its voxels. */
function linesInPlane(
  tool: AnnotationTool,
  data: ToolTypes.AnnotationData,
  target: string | readonly string[],
  values: string,
): string[] | undefined {
  const size = measuredSize(tool, data.handles?.points ?? []);
  const { mean, stdDev, value } = statsOf(data, target) ?? {};
  return worded(
    { ...(size && { [size.quantity]: size.value }), mean, stdDev, value },
    { unit: 'mm', where: '', values },
  );
}

const targetOf = (target: string | readonly string[]) => (typeof target === 'string' ? target : (target[0] ?? ''));

const statsOf = (data: ToolTypes.AnnotationData, target: string | readonly string[]): Stats | undefined =>
  (data as { cachedStats?: Record<string, Stats> }).cachedStats?.[targetOf(target)];

function worded(
  { length, angle, mean, stdDev, area, value }: Stats,
  { unit, where, values }: { readonly unit: string; readonly where: string; readonly values: string },
): string[] | undefined {
  const lines: string[] = [];
  const add = (label: string, figure: unknown, suffix: string) => {
    if (typeof figure === 'number' && Number.isFinite(figure))
      lines.push(`${label}${formatNumber(Number(figure.toFixed(1)))}${suffix}`);
  };
  const units = values === '' ? '' : ` ${values}`;
  add('', length, ` ${unit}${where}`);
  add('', angle, '°');
  add(`${text().mean} `, mean, units);
  add(`${text().deviation} `, stdDev, units);
  add(`${text().area} `, area, ` ${unit}²${where}`);
  add('', value, units);
  return lines.length > 0 ? lines : undefined;
}
