/**
 * What memory there is: the machine's, what the container leaves of it (cgroup v1 and v2), V8's own limits, a graphics
 * card's where its driver's tool tells. Reads files of the system, below a root that can be given; knows no use for them.
 */
import { constants as bufferConstants } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import path from 'node:path';
import v8 from 'node:v8';

export interface AvailableMemory {
  /** Free for this process to grow into. */
  readonly ramBytes: number;
  /** Where the number comes from, for people. */
  readonly ramSource: string;
  /** What this process holds already: Node, the code, what was opened. */
  readonly usedBytes: number;
  /** What V8's heap may still grow by. */
  readonly heapBytes: number;
  /** Of one typed array. */
  readonly arrayBytes: number;
}

export interface MemorySources {
  /** Where /proc and /sys are. */
  readonly root?: string;
}

/** Where the system does not tell what is free (no /proc/meminfo), the rest is taken to be in use by others. */
const SHARE_WHERE_NOT_TOLD = 0.75;

export function readAvailableMemory({ root = '/' }: MemorySources = {}): AvailableMemory {
  const { heap_size_limit: limit, used_heap_size: used } = v8.getHeapStatistics();
  const machine = readMachine(root);
  const container = readContainer(root);
  const isContained = container !== undefined && container < machine.bytes;
  return {
    ramBytes: isContained ? container : machine.bytes,
    ramSource: isContained ? "free under the container's limit" : machine.source,
    usedBytes: process.memoryUsage.rss(),
    heapBytes: limit - used,
    arrayBytes: bufferConstants.MAX_LENGTH,
  };
}

function readMachine(root: string): { bytes: number; source: string } {
  const line = /^MemAvailable:\s+(\d+) kB/m.exec(readText(path.join(root, 'proc/meminfo')));
  if (line) return { bytes: Number(line[1]) * 1024, source: 'available on this machine' };
  return { bytes: totalmem() * SHARE_WHERE_NOT_TOLD, source: 'taken to be free on this machine' };
}

/** The least that any of the groups around this process leaves; undefined where none has a limit. */
function readContainer(root: string): number | undefined {
  const groups = readText(path.join(root, 'proc/self/cgroup')).split('\n');
  const left = groups.flatMap((line) => {
    const [, controllers, group] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === '') return leftInGroups(path.join(root, 'sys/fs/cgroup'), group, VERSION_2);
    if (!controllers?.split(',').includes('memory')) return [];
    return leftInGroups(path.join(root, 'sys/fs/cgroup/memory'), group, VERSION_1);
  });
  return left.length > 0 ? Math.min(...left) : undefined;
}

interface GroupFiles {
  readonly limit: string;
  readonly usage: string;
  /** Of memory.stat: file pages that the kernel drops before it refuses anybody. */
  readonly reclaimable: string;
}

const VERSION_1 = {
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  reclaimable: 'total_inactive_file',
};
const VERSION_2 = { limit: 'memory.max', usage: 'memory.current', reclaimable: 'inactive_file' };

/** From the group itself up to the root: an outer limit holds as well. Inside a container only the root may be seen. */
function leftInGroups(mount: string, group: string, files: GroupFiles): number[] {
  const left: number[] = [];
  for (let at = path.join('/', group); ; at = path.dirname(at)) {
    const read = (name: string) => readText(path.join(mount, at, name)).trim();
    const [limit, usage] = [read(files.limit), read(files.usage)];
    // "max", or the largest number of pages there is: no limit.
    if (/^\d+$/.test(limit) && /^\d+$/.test(usage) && Number(limit) < 2 ** 60) {
      const reclaimable = new RegExp(`^${files.reclaimable} (\\d+)`, 'm').exec(read('memory.stat'))?.[1];
      left.push(Math.max(0, Number(limit) - Number(usage) + Number(reclaimable ?? 0)));
    }
    if (at === '/') return left;
  }
}

const CARD_TIMEOUT_MS = 5_000;

/** Free memory of the first NVIDIA card; undefined where nvidia-smi is absent or silent. Other makers have no such tool. */
export function readCardMemory(ask: () => string = askCard): number | undefined {
  try {
    const freeMib = Number(ask().split('\n')[0]);
    return Number.isFinite(freeMib) && freeMib > 0 ? freeMib * 2 ** 20 : undefined;
  } catch {
    return undefined;
  }
}

function askCard(): string {
  return execFileSync('nvidia-smi', ['--query-gpu=memory.free', '--format=csv,noheader,nounits'], {
    timeout: CARD_TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();
}

function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
