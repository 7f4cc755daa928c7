/**
 * Loads the Node binding of libtensorflow that `npm run gpu` built, and the JavaScript half of @tensorflow/tfjs-node-gpu
 * that drives it: not through that package's entry, which insists on a binding inside pnpm's folder and prints advice.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { tensorflowFolder } from '../../gpu/folder.mjs';
import { readInstalled } from '../../gpu/tensorflow.mjs';
import { NoGpuError } from '../no-gpu.ts';

/** What the package's backend calls of it; we read the version and the device. */
export interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

/** Ours (trainer/gpu/binding.cc) is opened; its vendor's is open once loaded, on as many threads as it likes. */
type Addon = Binding | { open(threads: number, tf32: boolean): Binding };

/** The kernels promise float32: tensor cores' TF32 has 10 bits of mantissa. */
const ALLOW_TF32 = false;

export interface LoadOptions {
  /** Absent: as many as the processor runs at once. */
  readonly threads?: number;
  /** Named by the user: it may then run on the processor, and its absence is worth words. */
  readonly asked: boolean;
  /** For tests: where `npm run gpu` put it. */
  readonly folder?: string;
}

/** A process has one context, so the options of the first call count. */
let loaded: { binding: Binding; threads: number } | null = null;

export function loadBinding({ threads, asked, folder = tensorflowFolder() }: LoadOptions): {
  binding: Binding;
  threads: number;
} {
  if (loaded) return loaded;
  const installed = readInstalled(folder);
  if (!installed && (asked || hasNvidia()))
    throw new Error('not installed; `npm run gpu -- --tensorflow` brings it');
  if (!installed) throw new NoGpuError('not installed');
  if (!asked && !(installed.cuda && hasNvidia())) throw new NoGpuError('no NVIDIA card');
  const addon = createRequire(import.meta.url)(join(folder, installed.binding)) as Addon;
  const count = threads || availableParallelism();
  const binding = 'open' in addon ? addon.open(count, ALLOW_TF32) : addon;
  return (loaded = { binding, threads: 'open' in addon ? count : availableParallelism() });
}

/** Linux's own driver, or the one that Windows lends to its Linux. */
function hasNvidia(): boolean {
  return existsSync('/dev/nvidia0') || existsSync('/dev/dxg');
}
