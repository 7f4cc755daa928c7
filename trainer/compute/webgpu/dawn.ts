/**
 * Opens a WebGPU device in Node through Dawn (npm package `webgpu`, brought by `npm run gpu`): a card before what is built
 * into the processor, a software device only when asked for by name.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EventPump } from './event-pump.ts';
import { NoGpuError } from '../no-gpu.ts';
import type { Gpu, GpuAdapter, GpuAdapterInfo, GpuDevice, LimitName } from './gpu-types.ts';

export interface DawnOptions {
  /** Folder whose node_modules holds the package `webgpu`. */
  readonly folder: string;
  /** By name: then a software device (SwiftShader) will do, and what is missing is an error instead of a silent no. */
  readonly asked: boolean;
}

export interface OpenDevice {
  readonly device: GpuDevice;
  readonly info: GpuAdapterInfo;
  readonly gpu: Gpu;
  readonly pump: EventPump;
  /** WGSL may say `enable subgroups; requires subgroup_id;`. */
  readonly subgroups: boolean;
}

/** Asked for where the adapter has them; nothing here depends on one. */
const WANTED_FEATURES = ['shader-f16', 'subgroups', 'timestamp-query'];

/** A dictionary of 65,536 features of 2,304 values is one binding of 604 MB; the standard's default ends at 128 MB. */
const WANTED_LIMITS: readonly LimitName[] = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
];

type Dawn = { create(flags: string[]): Gpu; globals: object };

export async function openDevice(options: DawnOptions): Promise<OpenDevice> {
  if (!options.asked && !mayHaveCard()) throw new NoGpuError('no graphics processor');
  const dawn = await loadDawn(options);
  Object.assign(globalThis, dawn.globals); // tfjs asks for GPUBuffer and GPUBufferUsage by their global names
  const gpu = dawn.create([]);
  const adapter = await chooseAdapter(gpu, options.asked);
  const pump = new EventPump();
  const device = await pump.watch(() =>
    adapter.requestDevice({
      requiredFeatures: WANTED_FEATURES.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(WANTED_LIMITS.map((name) => [name, adapter.limits[name]])),
    }),
  );
  const subgroups =
    device.features.has('subgroups') && (gpu.wgslLanguageFeatures?.has('subgroup_id') ?? false);
  return { device, info: adapter.info, gpu, pump, subgroups };
}

/** For people: adapter, and what it offers beyond the standard. */
export function describeDevice({ device, info }: Pick<OpenDevice, 'device' | 'info'>): string {
  const name = info.description || info.device || [info.vendor, info.architecture].join(' ').trim();
  const features = ['shader-f16', 'subgroups'].filter((feature) => device.features.has(feature));
  const bindingMb = Math.floor(device.limits.maxStorageBufferBindingSize / 1e6);
  return [`${name} (${info.vendor || 'unknown vendor'})`, ...features, `bindings to ${bindingMb} MB`].join(
    ', ',
  );
}

/** Without a driver Dawn writes to stderr what it missed: not to be loaded unasked where there can be no card. */
export function mayHaveCard(): boolean {
  if (process.platform !== 'linux') return true;
  return ['/dev/dri', '/dev/nvidia0', '/dev/dxg'].some((node) => existsSync(node));
}

async function loadDawn({ folder, asked }: DawnOptions): Promise<Dawn> {
  const entry = join(folder, 'node_modules/webgpu/index.js');
  if (existsSync(entry)) return (await import(pathToFileURL(entry).href)) as Dawn;
  const reason = 'the package webgpu is not installed: npm run gpu brings it';
  throw asked ? new Error(reason) : new NoGpuError(reason);
}

/** A card before what is built into the processor, that before software. */
async function chooseAdapter(gpu: Gpu, asked: boolean): Promise<GpuAdapter> {
  const found: GpuAdapter[] = [];
  for (const powerPreference of ['high-performance', 'low-power', undefined]) {
    const adapter = await gpu.requestAdapter({ powerPreference });
    if (adapter) found.push(adapter);
  }
  const real = found.find((adapter) => !isSoftware(adapter.info));
  if (real) return real;
  if (!asked) throw new NoGpuError('no graphics processor');
  if (found.length > 0) return found[0];
  throw new Error('Dawn finds no device: are a Vulkan loader (libvulkan1) and a driver installed?');
}

/** The standard says it of fallback adapters; Mesa's lavapipe does not call itself one. */
export function isSoftware(info: GpuAdapterInfo): boolean {
  const words = [info.vendor, info.architecture, info.device, info.description].join(' ');
  return info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render|\bcpu\b/i.test(words);
}
