/** Which TensorFlow.js backends open on this machine, each asked in a process of its own. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { BACKENDS, type BackendName } from '../../compute/backend.ts';
import type { PlannedBackend } from '../memory-plan.ts';
import { checkout } from '../settings.ts';

export interface OpenedBackend {
  readonly name: BackendName;
  /** The instruction set, card or runtime. */
  readonly device: string;
  readonly threads: number;
  /** A card computes, not the processor. */
  readonly isOnCard: boolean;
  /** Free memory of the card it is on, where that tells. */
  readonly cardBytes?: number;
  /** For memory plans. */
  readonly planned: PlannedBackend;
}

export interface ProbedBackend {
  readonly name: BackendName;
  readonly opened: OpenedBackend | undefined;
  /** Why it did not open; empty when it did. */
  readonly reason: string;
}

const PROBE = path.join(import.meta.dirname, 'probe.mjs');
const PROBE_TIMEOUT_MS = 60_000; // CUDA compiles its kernels at the first opening

/** The one that is taken when this is asked for; the best when undefined. */
export async function pickBackend(name: string | undefined): Promise<OpenedBackend> {
  return (await probe(name)).opened;
}

/** Best first. */
export async function* probeBackends(): AsyncGenerator<ProbedBackend> {
  for (const name of BACKENDS) {
    try {
      const { opened, said } = await probe(name);
      const isIt = opened.name === name;
      yield { name, opened: isIt ? opened : undefined, reason: isIt ? '' : parseReason(said) };
    } catch (error) {
      yield { name, opened: undefined, reason: (error as Error).message };
    }
  }
}

/** Out of what openBackend says when it takes another: the first reason is that of the one asked for. */
export function parseReason(said: string): string {
  const found = /is not available \((.+?)\)(?:; \w+ is not available|\.$)/s.exec(said);
  return found?.[1] ?? said;
}

async function probe(name: string | undefined): Promise<{ opened: OpenedBackend; said: string }> {
  const args = [PROBE, ...(name === undefined ? [] : [name])];
  const options = { cwd: checkout, timeout: PROBE_TIMEOUT_MS };
  const { stdout } = await promisify(execFile)(process.execPath, args, options).catch(refuseProbe);
  const { said, ...opened } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as OpenedBackend & {
    said: string;
  };
  return { opened, said };
}

function refuseProbe(error: Error & { signal?: string; stderr?: string }): never {
  const words = /^(?:\w*Error): (.+)$/m.exec(error.stderr ?? '')?.[1];
  throw new Error(
    words ?? `opening it ended with ${error.signal ?? 'an error'}: ${error.message.split('\n')[0]}`,
    {
      cause: error,
    },
  );
}
