/** The machine's graphics devices and drivers in a line: verdicts on providers hold as long as it stays the same. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { app } from 'electron';
import { attempt, vulkanManifests } from '../engine/system-libraries.ts';

const VENDORS: Readonly<Record<number, string>> = {
  4098: 'AMD',
  4203: 'Apple',
  4318: 'NVIDIA',
  5140: 'Microsoft',
  32902: 'Intel',
};

/** Chromium's own answer can keep one waiting on machines without a graphics process. */
const LIMIT_MS = 3000;

let described: Promise<string> | undefined;

/** Empty where the system names none. */
export function describeAdapters(): Promise<string> {
  described ??= process.platform === 'linux' ? Promise.resolve(linuxAdapters()) : chromiumAdapters();
  return described;
}

function linuxAdapters(): string {
  const root = '/sys/class/drm';
  const cards = attempt(() => readdirSync(root).filter((name) => /^card\d+$/.test(name))) ?? [];
  const devices = cards.map((card) => {
    const device = join(root, card, 'device');
    const id = (name: string) => Number(attempt(() => readFileSync(join(device, name), 'utf8')) ?? 0);
    const driver = attempt(() => basename(readlinkSync(join(device, 'driver')))) ?? 'no driver';
    return `${nameOf(id('vendor'), id('device'))} ${driver}`;
  });
  const nvidia = attempt(() => readFileSync('/sys/module/nvidia/version', 'utf8').trim());
  const vulkan = vulkanManifests().map((path) => basename(path));
  return [
    ...devices,
    ...(nvidia ? [`NVIDIA driver ${nvidia}`] : []),
    ...(vulkan.length > 0 ? [`Vulkan: ${vulkan.sort().join(', ')}`] : []),
  ].join('; ');
}

async function chromiumAdapters(): Promise<string> {
  const asked = app.getGPUInfo('basic') as Promise<{
    gpuDevice?: { vendorId: number; deviceId: number; driverVersion?: string }[];
  }>;
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), LIMIT_MS).unref());
  const { gpuDevice = [] } = (await Promise.race([asked.catch(() => null), late])) ?? {};
  return gpuDevice
    .map(({ vendorId, deviceId, driverVersion = '' }) => `${nameOf(vendorId, deviceId)} ${driverVersion}`.trim())
    .join('; ');
}

function nameOf(vendor: number, device: number): string {
  return `${VENDORS[vendor] ?? `vendor ${vendor.toString(16)}`} ${device.toString(16).padStart(4, '0')}`;
}
