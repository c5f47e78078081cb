/** How services ask the reader process: with a time limit, and once more where it died under somebody else's file. */
import { Fault } from '../fault.ts';
import type { Image8 } from '../method/image.ts';
import type { FrameSource, NetworkInput, ReaderTasks } from '../reader/tasks.ts';
import type { Tools } from './workstation.ts';

/** The slowest honest file, a large compressed radiograph on an old machine, takes a tenth of it. */
const LIMIT_MS = 60_000;

/**
 * Runs one task of the reader.
 * @throws Fault the reader's own; `reader-died` where it died twice; `timed-out`; `cancelled`.
 */
export async function readFile<Name extends keyof ReaderTasks>(
  { reader }: Pick<Tools, 'reader'>,
  name: Name,
  input: ReaderTasks[Name]['input'],
  signal?: AbortSignal,
): Promise<ReaderTasks[Name]['output']> {
  const attempt = async () => {
    const limit = AbortSignal.timeout(LIMIT_MS);
    try {
      return await reader.run(name, input, { signal: signal ? AbortSignal.any([signal, limit]) : limit });
    } catch (thrown) {
      if (limit.aborted && !signal?.aborted)
        throw new Fault('timed-out', `Reading this file took longer than ${LIMIT_MS / 1000} seconds; it was given up.`);
      throw thrown;
    }
  };
  try {
    return await attempt();
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'reader-died') return await attempt();
    throw thrown;
  }
}

/**
 * Runs a task of the reader that may take long, for as long as its progress moves.
 * @throws Fault as readFile
 */
export async function runWhileItMoves<Name extends keyof ReaderTasks>(
  { reader }: Pick<Tools, 'reader'>,
  name: Name,
  input: ReaderTasks[Name]['input'],
  signal: AbortSignal,
): Promise<ReaderTasks[Name]['output']> {
  const stuck = new AbortController();
  const watch = () => setTimeout(() => stuck.abort(), LIMIT_MS);
  let timer = watch();
  try {
    return await reader.run(name, input, {
      signal: AbortSignal.any([signal, stuck.signal]),
      onProgress: () => {
        clearTimeout(timer);
        timer = watch();
      },
    });
  } catch (thrown) {
    if (!stuck.signal.aborted || signal.aborted) throw thrown;
    throw new Fault('timed-out', `Reading this file stood still for ${LIMIT_MS / 1000} seconds; it was given up.`);
  } finally {
    clearTimeout(timer);
  }
}

/** What a network to be calibrated sees of frames, in their order. */
export async function readModelImages(
  tools: Pick<Tools, 'reader'>,
  sources: readonly FrameSource[],
  signal: AbortSignal,
  onImage: (done: number) => void = () => {},
): Promise<readonly Image8[]> {
  const images: Image8[] = [];
  for (const source of sources) {
    images.push(await readFile(tools, 'modelImage', source, signal));
    onImage(images.length);
  }
  return images;
}

/**
 * Frames as a calibrated network takes them: by its recipe, and where its input side is known in that size, so that the
 * engine has less to do and less to be sent.
 */
export async function readNetworkInputs(
  tools: Pick<Tools, 'reader'>,
  sources: readonly FrameSource[],
  { side, recipe }: NetworkInput & Required<Pick<NetworkInput, 'recipe'>>,
  signal: AbortSignal,
): Promise<readonly Image8[]> {
  const images: Image8[] = [];
  for (const { path, fileKey, frame } of sources)
    images.push(
      await readFile(
        tools,
        'modelImage',
        { path, fileKey, frame, recipe, ...(side === undefined ? {} : { side }) },
        signal,
      ),
    );
  return images;
}
