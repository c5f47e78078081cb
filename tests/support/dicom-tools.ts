/** Outside readers and checkers of DICOM objects, from Debian (TEST_TOOLS). */
import { existsSync } from 'node:fs';
import { run } from '../../main/runtime/command.ts';

/** Lines of dciodvfy that are errors. */
export async function dciodvfyErrors(path: string): Promise<readonly string[]> {
  const { output } = await run('dciodvfy', ['-new', path]);
  // It always names what it takes the object for: silence would mean that it did not look.
  if (!/^[A-Z]\w+$/m.test(output)) return [`dciodvfy did not recognise ${path}: ${output}`];
  return output.split('\n').filter((line) => line.startsWith('Error'));
}

/** Debian's own Python, whatever else is on the path. */
export const hasPydicom = existsSync('/usr/lib/python3/dist-packages/pydicom');

const PIXELMED = '/usr/share/java/pixelmed.jar';
export const hasPixelMed = existsSync(PIXELMED);

/** Errors that PixelMed's DicomSRValidator finds in a structured report. It takes ten seconds to start. */
export async function srValidatorErrors(path: string): Promise<readonly string[]> {
  const limits = ['xpathExprGrpLimit', 'xpathExprOpLimit', 'xpathTotalOpLimit'].map((name) => `-Djdk.xml.${name}=0`);
  const { output } = await run('java', [...limits, '-cp', PIXELMED, 'com.pixelmed.validate.DicomSRValidator', path]);
  if (!output.includes('IOD validation complete')) return [output];
  return output.split('\n').filter((line) => line.startsWith('Error'));
}
