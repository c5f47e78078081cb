/** Answers of the operating system's file dialogs, which no test can click. */
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
