/** HTML to PDF or onto paper by Chromium, in a window that nobody sees, that runs no script and reaches nothing. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BrowserWindow, session, type WebContents } from 'electron';
import { Fault } from '../fault.ts';
import type { PrintableDocument } from '../services/workstation.ts';

export async function printDocument({ html, footer }: PrintableDocument): Promise<Uint8Array> {
  // Offscreen, because without a display any other window ends the process.
  return await withPage(html, { offscreen: true }, (contents) =>
    contents.printToPDF({
      pageSize: 'A4',
      printBackground: true,
      preferCSSPageSize: true,
      displayHeaderFooter: true,
      headerTemplate: '<span></span>',
      footerTemplate: footer,
      generateTaggedPDF: true,
    }),
  );
}

/** Shows the system's print dialog. False where the person cancels it. @throws Fault `unsupported` where nothing prints */
export async function printOnPaper(html: string): Promise<boolean> {
  return await withPage(
    html,
    {},
    (contents) =>
      new Promise((resolve, reject) => {
        contents.print({ pageSize: 'A4', printBackground: true }, (printed, reason) => {
          if (printed || /cancel/i.test(reason)) resolve(printed);
          else
            reject(
              new Fault('unsupported', `The report was not printed (${reason}). Check the printer, or export a PDF.`),
            );
        });
      }),
  );
}

async function withPage<T>(
  html: string,
  kind: { readonly offscreen?: boolean },
  work: (contents: WebContents) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'mediclip-print-'));
  const page = join(folder, 'report.html');
  const own = session.fromPartition('print');
  const window = new BrowserWindow({
    show: false,
    webPreferences: { ...kind, session: own, sandbox: true, javascript: false, contextIsolation: true },
  });
  try {
    // A file, because a page of many pictures is longer than a data URL may be.
    await writeFile(page, html, { mode: 0o600 });
    const url = pathToFileURL(page).href;
    own.webRequest.onBeforeRequest((request, answer) =>
      answer({ cancel: request.url !== url && !request.url.startsWith('data:') }),
    );
    await window.loadURL(url);
    return await work(window.webContents);
  } finally {
    window.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}
