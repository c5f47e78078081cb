/** What the keys of the viewer do; the list that a reader sees is `keys` in text.ts. */
import type { Finding } from '../../preload/contract/model.ts';
import { byPlace } from './findings.ts';
import type { Hanging } from './hanging.svelte.ts';
import type { Measurements } from './measurements.ts';
import { annotationTools, type MouseTool } from './mouse-tools.ts';
import type { MprTool } from './mpr-view.ts';
import type { PictureView } from './picture-view.ts';

/** The parts of the viewer that keys act on, as they are when the key is pressed. */
export interface Acting {
  readonly hanging: Hanging;
  /** Of the active stack, or the three planes. */
  readonly view: PictureView | null;
  readonly measurements: Measurements | null;
  /** Once the report is signed. */
  readonly locked: boolean;
  chooseTool(tool: MouseTool): void;
  choosePlaneTool(tool: MprTool): void;
  play(): void;
  help(): void;
  go(finding: Finding): void;
}

/** By the key's name as the browser gives it, letters in lower case. */
export function actsOf(acting: Acting): Readonly<Record<string, () => void>> {
  const { hanging } = acting;
  const { reading } = hanging;
  const inPlanes = hanging.multiplanar;
  const last = (hanging.active.series?.frames.length ?? 1) - 1;
  const scroll = (step: number) => () => acting.view?.scroll(step);
  const tool = (stack: MouseTool, planes?: MprTool) => () => {
    if (hanging.active.reading?.signed && stack in annotationTools) return;
    if (!inPlanes) acting.chooseTool(stack);
    else if (planes) acting.choosePlaneTool(planes);
  };
  const decide = (decision: 'accepted' | 'rejected') => () => {
    const finding = reading.findings.find(({ id }) => id === reading.selectedFindingId);
    if (finding && !acting.locked) void reading.decide(finding, finding.decision === decision ? 'open' : decision);
  };
  const stack = inPlanes ? null : hanging.active.view;
  return {
    ArrowUp: scroll(-1),
    ArrowLeft: scroll(-1),
    ArrowDown: scroll(1),
    ArrowRight: scroll(1),
    PageUp: scroll(-10),
    PageDown: scroll(10),
    Home: () => acting.view?.goTo(0),
    End: () => acting.view?.goTo(last),
    ' ': () => (reading.overlayShown = !reading.overlayShown),
    h: () => (reading.overlayHeldOff = true),
    c: inPlanes ? () => acting.choosePlaneTool('crosshair') : () => (reading.contoursShown = !reading.contoursShown),
    n: () => stepFinding(acting, 1),
    p: () => stepFinding(acting, -1),
    a: decide('accepted'),
    x: decide('rejected'),
    k: () => acting.play(),
    w: tool('window', 'window'),
    d: tool('pan', 'pan'),
    z: tool('zoom', 'zoom'),
    s: tool('scroll', 'scroll'),
    m: tool('magnify'),
    l: tool('length', 'length'),
    g: tool('angle', 'angle'),
    e: tool('ellipse', 'ellipse'),
    q: tool('rectangle', 'rectangle'),
    b: tool('probe', 'probe'),
    o: tool('outline'),
    t: () => stack?.rotate(),
    f: () => stack?.flip('horizontal'),
    v: () => stack?.flip('vertical'),
    Delete: () => acting.view && acting.measurements?.removeSelected(acting.view.element),
    u: () => (hanging.multiplanar = inPlanes ? false : hanging.noVolume === ''),
    y: () => hanging.synchronise(!hanging.synchronised),
    j: () => (hanging.worded = !hanging.worded),
    i: () => acting.view?.toggleInvert(),
    r: () => acting.view?.resetLook(),
    0: () => acting.view?.resetWindow(),
    '?': () => acting.help(),
  };
}

/** Held down, these do their act once. */
export const onceWhileHeld: readonly string[] = [' ', 'c', 'i', 'a', 'x', 'r', 'k', 't', 'f', 'v', 'u', 'y', 'j'];

function stepFinding({ hanging: { reading }, go }: Acting, step: 1 | -1): void {
  const inOrder = byPlace(reading.findings, (finding) => reading.place(finding));
  const here = inOrder.findIndex(({ id }) => id === reading.selectedFindingId);
  const next = here === -1 ? inOrder[step === 1 ? 0 : inOrder.length - 1] : inOrder[here + step];
  if (next) go(next);
}

/** Keys that a control under the focus wants for itself. */
export function takesKey(target: Element, key: string): boolean {
  if (target.closest('[role="dialog"], [role="alertdialog"], [role="menu"]')) return true;
  if (target.closest('textarea, select, input:not([type="range"], [type="checkbox"])')) return true;
  if (target.closest('input[type="range"]')) return /^(Arrow|Page|Home|End)/.test(key);
  if (target.closest('[role="tab"]')) return /^Arrow|^ $|^Home|^End/.test(key);
  return key === ' ' && target.closest('button, summary, [type="checkbox"]') !== null;
}
