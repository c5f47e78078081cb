/** Answers of the operating system's dialogs, which no test can click. */
import type { ElectronApplication } from 'playwright-core';

/** From now on, whoever asks for files or folders gets these. */
export async function answerOpenDialog(app: ElectronApplication, paths: readonly string[]): Promise<void> {
  await app.evaluate(
    ({ dialog }, filePaths) => {
      dialog.showOpenDialog = async () => ({ canceled: filePaths.length === 0, filePaths });
    },
    [...paths],
  );
}

/** From now on, whoever asks where to save gets this path. */
export async function answerSaveDialog(app: ElectronApplication, filePath: string): Promise<void> {
  await app.evaluate(({ dialog }, path) => {
    dialog.showSaveDialog = async () => ({ canceled: false, filePath: path });
  }, filePath);
}

/** From now on, whoever asks for a printer gets one that writes a PDF to this path. */
export async function answerPrintDialog(app: ElectronApplication, filePath: string): Promise<void> {
  await app.evaluate(({ app: electron }, path) => {
    const { writeFileSync } = process.getBuiltinModule('node:fs');
    electron.on('web-contents-created', (_event, contents) => {
      contents.print = (_options, done) => {
        void contents.printToPDF({ printBackground: true, preferCSSPageSize: true }).then((pdf) => {
          writeFileSync(path, pdf);
          done?.(true, '');
        });
      };
    });
  }, filePath);
}
