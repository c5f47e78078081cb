/** The application's window, opened to be measured: the command line starts it in a process of its own. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app, BrowserWindow } from 'electron';
import type { MemoryFigures, RenderingFigures, RenderingPlan } from '../bench/suite.ts';
import { Fault } from '../fault.ts';
import { closeInPage, openInPage, readInPage, scrollInPage, toggleInPage } from './rendering-script.ts';
import { runWorkstation } from './workstation-window.ts';

/** First word of the arguments of the measured process; the plan follows as JSON. */
export const MEASURE = 'measure-window';
/** Before the figures in its output. */
const MARK = 'figures ';

/** A reader looks at the worklist before opening a study. */
const LOOKING_MS = 3000;
const OPENINGS = 6;
const SCROLL = { steps: 240, perSecond: 20 };
const TOGGLES = 40;
/** Studies between two notes of memory. */
const REMEMBER_EVERY = 10;

/** A window that never comes to its end, e.g. where nothing can be drawn, is given up. */
const LIMIT_MS = 15 * 60_000;

/** Starts the measured window and waits for its figures. @throws Fault `cancelled`, `not-found`, `internal` */
export async function measureWindow(plan: RenderingPlan, cancelled: AbortSignal): Promise<RenderingFigures> {
  if (!existsSync(join(app.getAppPath(), 'dist', 'renderer', 'index.html')))
    throw new Fault('not-found', 'The window has not been built. Run `npm run build` first.');
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(LIMIT_MS)]);
  const own = app.isPackaged ? [] : [app.getAppPath()];
  const args = [...switches(), ...own, MEASURE, JSON.stringify(plan), '--data-dir', plan.dataFolder, '--no-tour'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], signal });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', resolve);
  });
  if (cancelled.aborted) throw new Fault('cancelled', 'The measurement was cancelled.');
  const figures = output.split('\n').find((line) => line.startsWith(MARK));
  if (code !== 0 || !figures) throw new Fault('internal', `The measured window ended with code ${code}.`);
  return JSON.parse(figures.slice(MARK.length)) as RenderingFigures;
}

/** As for any window on this machine, and with the garbage collector at hand. */
function switches(): readonly string[] {
  const kept = process.argv.filter((argument) => argument === '--no-sandbox');
  const hasDisplay = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  const software = process.platform === 'linux' && !existsSync('/dev/dri');
  return [
    ...kept,
    ...(hasDisplay ? [] : ['--ozone-platform=headless']),
    ...(software
      ? ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-gpu-compositing']
      : []),
    '--js-flags=--expose-gc',
    '--enable-precise-memory-info',
    '--disable-renderer-backgrounding',
    '--log-level=3',
  ];
}

/** In the measured process: opens the window, measures, prints, ends. */
export async function runMeasuredWindow(args: readonly string[]): Promise<void> {
  const plan = JSON.parse(args[0] ?? '') as RenderingPlan;
  await runWorkstation(args.slice(1));
  try {
    const [window] = BrowserWindow.getAllWindows();
    if (!window) throw new Error('The window did not open.');
    if (window.webContents.isLoading())
      await new Promise<void>((loaded) => window.webContents.once('did-finish-load', () => loaded()));
    const figures = await measure(window, plan);
    process.stdout.write(`${MARK}${JSON.stringify(figures)}\n`, () => app.quit());
  } catch (thrown) {
    process.stderr.write(`${thrown}\n`, () => app.exit(1));
  }
}

async function measure(window: BrowserWindow, plan: RenderingPlan): Promise<RenderingFigures> {
  const run = (script: string) => window.webContents.executeJavaScript(script);
  const acts = [openInPage, closeInPage, scrollInPage, toggleInPage, readInPage];
  await run(`${acts.join('\n')}; null`); // declares them in the page
  const inPage = <Args extends readonly unknown[], T>(act: (...args: Args) => Promise<T>, ...args: Args): Promise<T> =>
    run(`${act.name}(...${JSON.stringify(args)})`);
  await new Promise((looked) => setTimeout(looked, LOOKING_MS));
  const openingMs: number[] = [];
  for (let opening = 0; opening < OPENINGS; opening++) {
    openingMs.push(await inPage(openInPage, plan.large));
    if (opening < OPENINGS - 1) await inPage(closeInPage);
  }
  const scroll = await inPage(scrollInPage, SCROLL.steps, SCROLL.perSecond);
  await inPage(openInPage, plan.analysed);
  const overlay = await inPage(toggleInPage, TOGGLES);
  const memory: MemoryFigures[] = [];
  for (let closed = 0; closed < plan.small.length; ) {
    const next = plan.small.slice(closed, closed + REMEMBER_EVERY);
    const heapMb = await inPage(readInPage, next);
    closed += next.length;
    memory.push({ closed, ...memoryOf(window), heapMb });
  }
  return { openingMs, scroll, overlay, memory };
}

/** Working sets of the page's process and of the graphics process. */
function memoryOf(window: BrowserWindow): Pick<MemoryFigures, 'windowMb' | 'graphicsMb'> {
  const page = window.webContents.getOSProcessId();
  const metrics = app.getAppMetrics();
  const mbOf = (found: Electron.ProcessMetric | undefined) => (found?.memory.workingSetSize ?? 0) / 1024;
  return {
    windowMb: mbOf(metrics.find(({ pid }) => pid === page)),
    graphicsMb: mbOf(metrics.find(({ type }) => type === 'GPU')),
  };
}
