/** What the engine process answers. Networks stay open between tasks; the process is restarted, never they. */
import { readFile } from 'node:fs/promises';
import type { ProviderChoice } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { toTestRgb } from '../method/resize.ts';
import type { TaskContext, TaskHandlers } from '../process/tasks.ts';
import { calibrate } from './calibrate.ts';
import { detect } from './detect.ts';
import { pictureFeatures } from './features.ts';
import { measure } from './measure.ts';
import { nearestNormals } from './nearest-normals.ts';
import { type Networks, openNetworks } from './networks.ts';
import { opinionsOf } from './opinions.ts';
import { runParity } from './parity.ts';
import { decodeProfile, type Profile } from './profile.ts';
import { onnxruntimeVersion } from './providers.ts';
import { selfTest } from './self-test.ts';
import { openSession } from './sessions.ts';
import { extractTaps, TapCache } from './taps.ts';
import type { DetectInput, EngineTasks } from './tasks.ts';

const TAP_CACHE_BYTES = 768 * 1024 * 1024;

/** Progress messages at most this often; the losses between two are sent together. */
const PROGRESS_INTERVAL_MS = 100;

/** `auto` is the CPU here: which provider is trusted is decided outside (main/supervision), and then named. */
const named = (provider: ProviderChoice) => (provider === 'auto' ? 'cpu' : provider);

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

  /** @throws Fault `bad-profile` where the profile belongs to another model */
  const profileAndNetworks = async ({ packFolder, provider, profilePath }: Omit<DetectInput, 'images'>) => {
    const profile = await readProfile(profilePath);
    const networks = await networksOf(packFolder, named(provider));
    if (profile.manifest.modelSha256 !== networks.pack.identity)
      throw new Fault(
        'bad-profile',
        `This profile was calibrated on the model "${profile.manifest.modelName}", not on "${networks.pack.manifest.name}". Choose its model or calibrate again.`,
        { path: profilePath },
      );
    return { profile, networks };
  };

  return {
    async calibrate({ packFolder, provider, ...input }, context) {
      const networks = await networksOf(packFolder, named(provider));
      const progress = gatheredProgress(context);
      const output = await calibrate(input, networks, { signal: context.signal, progress: progress.add, cache });
      progress.flush();
      return output;
    },

    async pictureFeatures({ packFolder, provider, images }, { signal }) {
      const networks = await networksOf(packFolder, named(provider));
      return { features: await pictureFeatures(images, networks, { signal, cache }) };
    },

    async detect({ images, ...input }, { signal, progress }) {
      const { profile, networks } = await profileAndNetworks(input);
      const onProgress = (done: number) => progress({ done });
      const detections = await detect(images, networks, profile, { signal, cache, onProgress });
      return { detections, provider: networks.provider, providerVersion: networks.providerVersion };
    },

    async nearestNormals({ image, region, ...input }, { signal }) {
      const { profile, networks } = await profileAndNetworks(input);
      const opinions = opinionsOf(profile.tensors, networks.taps);
      if (!opinions)
        throw new Fault(
          'unsupported',
          `A calibration with the preset "${profile.manifest.preset}" keeps no patches of its normals to compare with. Calibrate with the preset "default".`,
        );
      const [taps] = await extractTaps(await networks.tower(), [toTestRgb(image, networks.side)], { signal, cache });
      return await nearestNormals(networks, opinions, taps!, region, signal);
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

async function readProfile(path: string): Promise<Profile> {
  const bytes = await readFile(path).catch((thrown: unknown) => {
    throw Fault.from(thrown, { path });
  });
  return decodeProfile(bytes, path);
}

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
