/** What the engine process answers. Networks stay open between tasks; the process is restarted, never they. */
import { stat } from 'node:fs/promises';
import type { ProviderChoice } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { Image8 } from '../method/image.ts';
import { toTestRgb } from '../method/resize.ts';
import type { TaskContext, TaskHandlers } from '../process/tasks.ts';
import { readStored, type StoredFile } from '../seal/sealed-file.ts';
import { calibrate } from './calibrate.ts';
import { detect } from './detect.ts';
import { pictureFeatures } from './features.ts';
import { measure } from './measure.ts';
import { nearestNormals } from './nearest-normals.ts';
import { type Networks, openNetworks } from './networks.ts';
import { formBank, opinionsOf } from './opinions.ts';
import { runParity } from './parity.ts';
import { decodeProfile, type Profile } from './profile.ts';
import { onnxruntimeVersion } from './providers.ts';
import { selfTest } from './self-test.ts';
import { openSession } from './sessions.ts';
import { extractTaps, limitBatch, TAP_CACHE_BYTES, TapCache } from './taps.ts';
import type { DetectInput, EngineTasks } from './tasks.ts';

/** Progress messages at most this often; the losses between two are sent together. */
const PROGRESS_INTERVAL_MS = 100;

/** `auto` is the CPU here: which provider is trusted is decided outside (main/supervision), and then named. */
const named = (provider: ProviderChoice) => (provider === 'auto' ? 'cpu' : provider);

/** On which networks a task runs. */
type OnNetworks = Pick<DetectInput, 'packFolder' | 'provider' | 'deathsBefore' | 'device'>;

/** @param open how sessions are opened; tests give a provider that misbehaves */
export function createEngineHandlers(open: typeof openSession = openSession): TaskHandlers<EngineTasks> {
  const opened = new Map<string, Promise<Networks>>();
  const cache = new TapCache(TAP_CACHE_BYTES);

  const networksOf = (packFolder: string, provider: string): Promise<Networks> => {
    const key = `${provider} ${packFolder}`;
    let networks = opened.get(key);
    if (!networks) {
      networks = openNetworks(packFolder, provider, open);
      opened.set(key, networks);
      networks.catch(() => opened.delete(key));
    }
    return networks;
  };

  // A study comes in many batches, and a profile with a memory bank is tens of megabytes.
  let last: { readonly key: string; readonly profile: Profile } | undefined;
  const profileAt = async (file: StoredFile): Promise<Profile> => {
    const key = await versionOf(file.path);
    if (last?.key !== key) last = { key, profile: readProfile(file) };
    return last.profile;
  };

  const networksFor = async ({ packFolder, provider, deathsBefore = 0, device }: OnNetworks): Promise<Networks> => {
    const networks = await networksOf(packFolder, named(provider));
    if (deathsBefore > 0) limitBatch((await networks.tower()).batch, deathsBefore);
    return device ? { ...networks, providerVersion: `${networks.providerVersion}, ${device}` } : networks;
  };

  /** @throws Fault `bad-profile` where the profile belongs to another model */
  const profileAndNetworks = async ({ profilePath, profileKey, ...on }: Omit<DetectInput, 'images'>) => {
    const profile = await profileAt({ path: profilePath, fileKey: profileKey });
    const networks = await networksFor(on);
    if (profile.manifest.modelSha256 !== networks.pack.identity)
      throw new Fault(
        'bad-profile',
        `This profile was calibrated on the model "${profile.manifest.modelName}", not on "${networks.pack.manifest.name}". Choose its model or calibrate again.`,
        { path: profilePath },
      );
    return { profile, networks };
  };

  return {
    async calibrate({ packFolder, provider, deathsBefore, device, ...input }, context) {
      const networks = await networksFor({ packFolder, provider, deathsBefore, device });
      const progress = gatheredProgress(context);
      const add: typeof progress.add = (value) => progress.add({ ...value, provider: networks.provider });
      const output = await calibrate(input, networks, { signal: context.signal, progress: add, cache });
      progress.flush();
      return output;
    },

    async pictureFeatures({ images, ...on }, { signal }) {
      const networks = await networksFor(on);
      return { features: await pictureFeatures(images, networks, { signal, cache }) };
    },

    async detect({ images, ...input }, { signal, progress }) {
      const { profile, networks } = await profileAndNetworks(input);
      const onProgress = (done: number) => progress({ done });
      const detections = await detect(images, networks, profile, { signal, cache, onProgress });
      return { detections, provider: networks.provider, providerVersion: networks.providerVersion };
    },

    async nearestNormals({ image, region, support, ...input }, { signal }) {
      const { profile, networks } = await profileAndNetworks(input);
      const tower = await networks.tower();
      const tapsOf = (images: readonly Image8[]) =>
        extractTaps(
          tower,
          images.map((one) => toTestRgb(one, networks.side)),
          { signal, cache },
        );
      const bank =
        opinionsOf(profile.tensors, networks.taps) ?? (await formBank(networks, await tapsOf(support), signal));
      const [taps] = await tapsOf([image]);
      return await nearestNormals(networks, bank, taps!, region, signal);
    },

    parity({ caseFolder, format, precision }, { signal, progress }) {
      return runParity(caseFolder, { format, precision, signal, onProgress: (step) => progress({ step }) });
    },

    selfTest: ({ packFolder, ...input }, { signal }) => selfTest((name) => networksOf(packFolder, name), input, signal),

    measure: (input, { signal }) => measure(input, signal),

    about: () => ({
      onnxruntime: onnxruntimeVersion(),
      pid: process.pid,
      rssMb: process.memoryUsage().rss / 2 ** 20,
      peakRssMb: process.resourceUsage().maxRSS / 1024,
    }),
  };
}

/** Another one whenever the file was written anew. */
async function versionOf(path: string): Promise<string> {
  const { ino, size, mtimeNs } = await stat(path, { bigint: true }).catch((thrown: unknown) => {
    throw Fault.from(thrown, { path });
  });
  return [path, ino, size, mtimeNs].join(' ');
}

const readProfile = (file: StoredFile): Profile => decodeProfile(readStored(file), file.path);

function gatheredProgress(context: TaskContext<EngineTasks['calibrate']['progress']>) {
  let waiting: EngineTasks['calibrate']['progress'] | null = null;
  let sentAt = 0;
  const flush = () => {
    if (waiting) context.progress(waiting);
    waiting = null;
    sentAt = performance.now();
  };
  return {
    flush,
    add(value: EngineTasks['calibrate']['progress']) {
      if (waiting && waiting.phase !== value.phase) flush();
      waiting = { ...value, ...waiting, done: value.done, losses: [...(waiting?.losses ?? []), ...value.losses] };
      if (performance.now() - sentAt >= PROGRESS_INTERVAL_MS) flush();
    },
  };
}
