/** HTML to PDF by Chromium, in a window that nobody sees, that runs no script and reaches nothing. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BrowserWindow, session } from 'electron';
import type { PrintableDocument } from '../services/workstation.ts';

export async function printDocument({ html, footer }: PrintableDocument): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'mediclip-print-'));
  const page = join(folder, 'report.html');
  const own = session.fromPartition('print');
  // Offscreen, because without a display any other window ends the process.
  const window = new BrowserWindow({
    show: false,
    webPreferences: { session: own, offscreen: true, sandbox: true, javascript: false, contextIsolation: true },
  });
  try {
    // A file, because a page of many pictures is longer than a data URL may be.
    await writeFile(page, html, { mode: 0o600 });
    const url = pathToFileURL(page).href;
    own.webRequest.onBeforeRequest((request, answer) =>
      answer({ cancel: request.url !== url && !request.url.startsWith('data:') }),
    );
    await window.loadURL(url);
    return await window.webContents.printToPDF({
      pageSize: 'A4',
      printBackground: true,
      preferCSSPageSize: true,
      displayHeaderFooter: true,
      headerTemplate: '<span></span>',
      footerTemplate: footer,
      generateTaggedPDF: true,
    });
  } finally {
    window.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}
