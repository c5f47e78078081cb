/** Outside readers and checkers of DICOM objects, from Debian (TEST_TOOLS). */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../main/runtime/command.ts';
import { isOnPath } from '../../main/runtime/debian.ts';

/** Lines of dciodvfy that are errors. */
export async function dciodvfyErrors(path: string): Promise<readonly string[]> {
  const { output } = await run('dciodvfy', ['-new', path]);
  // It always names what it takes the object for: silence would mean that it did not look.
  if (!/^[A-Z]\w+$/m.test(output)) return [`dciodvfy did not recognise ${path}: ${output}`];
  return output.split('\n').filter((line) => line.startsWith('Error'));
}

/** Lines of dcentvfy that are errors: what objects say differently of the patient, study or series that they share. */
export async function dcentvfyErrors(paths: readonly string[]): Promise<readonly string[]> {
  const { output } = await run('dcentvfy', [...paths]);
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

/** GDCM's table of SOP classes lacks these: its gdcminfo knows no name for them, and gdcmdump reads them. */
const UNKNOWN_TO_GDCM: readonly string[] = ['sr', 'pmap'];

/** What dcmdump, dsrdump, GDCM and pydicom could not read of objects; pydicom decodes their pixels as well. */
export async function unreadable(
  files: readonly { readonly path: string; readonly format: string; readonly sopInstanceUid: string | null }[],
): Promise<readonly string[]> {
  const failed: string[] = [];
  const expectRead = async (tool: string, ...args: readonly string[]) => {
    if (!isOnPath(tool)) return;
    const { code, output } = await run(tool, [...args]);
    if (code !== 0 || /^[EF]: /m.test(output)) failed.push(`${tool} ${args.at(-1)}: ${output.slice(-500)}`);
  };
  const paths = files.map(({ path }) => path);
  const expectPydicom = async () => {
    if (!hasPydicom) return;
    const { output } = await run('/usr/bin/python3', ['-W', 'ignore', '-c', READ, ...paths]);
    const uids = files.map(({ sopInstanceUid }) => sopInstanceUid).join('\n');
    if (output.trim() !== uids) failed.push(`pydicom: ${output.slice(-500)}`);
  };
  await Promise.all([
    expectPydicom(),
    expectRead('dcmdump', '--quiet', ...paths),
    ...files.map(({ path, format }) => expectRead(UNKNOWN_TO_GDCM.includes(format) ? 'gdcmdump' : 'gdcminfo', path)),
    ...files
      .filter(({ format }) => format === 'sr' || format === 'kos')
      .map(({ path }) => expectRead('dsrdump', '--quiet', path)),
  ]);
  return failed;
}

/** Dimensions must point at what frames have, and their values must tell all frames apart (PS3.3 C.7.6.17). */
const READ = `import sys, pydicom
def expect_dimensions(data):
    values = [str(frame.FrameContentSequence[0].DimensionIndexValues) for frame in data.PerFrameFunctionalGroupsSequence]
    assert len(set(values)) == len(values), 'frames cannot be told apart'
    for frame in data.PerFrameFunctionalGroupsSequence:
        for dimension in data.DimensionIndexSequence:
            group = frame[dimension.FunctionalGroupPointer].value[0]
            assert dimension.DimensionIndexPointer in group, 'a dimension points at nothing'
for path in sys.argv[1:]:
    data = pydicom.dcmread(path)
    if 'PixelData' in data or 'FloatPixelData' in data: assert data.pixel_array.size > 0
    if 'DimensionIndexSequence' in data: expect_dimensions(data)
    print(data.SOPInstanceUID)`;

/** One enhanced multi-frame file that PixelMed makes of the slices of a folder, written into another. @returns its path */
export async function enhancedOf(slices: string, into: string): Promise<string> {
  const classPath = ['pixelmed', 'slf4j-api', 'slf4j-simple'].map((name) => `/usr/share/java/${name}.jar`).join(':');
  const { output } = await run('java', ['-cp', classPath, 'com.pixelmed.dicom.MultiFrameImageFactory', slices, into]);
  const [file, ...others] = readdirSync(into);
  if (file === undefined || others.length > 0) throw new Error(`PixelMed made no single file: ${output}`);
  return join(into, file);
}
