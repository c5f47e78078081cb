/** The guides of docs/ as PDF: HTML of their Markdown to PDF by the Electron that the product runs on. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runOrFail, SetupError } from './command.ts';
import { GUIDE_STYLE, htmlOf } from './guide-html.ts';
import { headlessSwitches, provideRuntime } from './launch.ts';

const STYLE = `@page { margin: 18mm 20mm; } ${GUIDE_STYLE}`;

/** Runs in Electron: prints the page named by its first own argument to the second. */
const PRINTER = `const { app, BrowserWindow } = require('electron');
const { writeFileSync } = require('node:fs');
app.on('window-all-closed', () => {});
app.whenReady().then(async () => {
  const [page, target] = process.argv.slice(-2);
  const window = new BrowserWindow({ show: false, webPreferences: { offscreen: true, javascript: false } });
  await window.loadURL(page);
  const footerTemplate = '<div style="font-size:7pt;width:100%;text-align:center">Not for diagnostic use · <span class="pageNumber"></span> / <span class="totalPages"></span></div>';
  writeFileSync(target, await window.webContents.printToPDF({ pageSize: 'A4', printBackground: true, displayHeaderFooter: true, headerTemplate: '<span></span>', footerTemplate, generateTaggedPDF: true }));
  app.exit(0);
}).catch((error) => { console.error(error); app.exit(1); });`;

/** @throws SetupError */
export async function printGuide(markdown: string, target: string): Promise<void> {
  const { runtime, environment } = await provideRuntime();
  const folder = mkdtempSync(join(tmpdir(), 'mediclip-guide-'));
  try {
    const page = join(folder, 'guide.html');
    const base = pathToFileURL(`${dirname(markdown)}/`).href;
    const body = htmlOf(readFileSync(markdown, 'utf8'), 'paper');
    const head = `<meta charset="utf-8"><base href="${base}"><style>${STYLE}</style>`;
    writeFileSync(page, `<!doctype html><html lang="en"><head>${head}</head><body>${body}</body></html>`);
    writeFileSync(join(folder, 'package.json'), '{ "name": "guide-printer", "version": "1.0.0", "main": "main.js" }');
    writeFileSync(join(folder, 'main.js'), PRINTER);
    await runOrFail(
      'The guide could not be printed.',
      runtime.executable,
      [...headlessSwitches(), folder, pathToFileURL(page).href, target],
      { env: environment, timeoutMs: 120_000 },
    );
    if (!existsSync(target)) throw new SetupError(`${basename(markdown)} could not be printed as PDF.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
