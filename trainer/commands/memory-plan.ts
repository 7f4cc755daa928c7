/**
 * What a command will need in memory against what there is: printed before anything large is allocated, refused where it
 * cannot fit, with the values of the command's own options that would.
 */
import { statfsSync } from 'node:fs';
import path from 'node:path';

import type { Backend } from '../compute/backend.ts';
import { readAvailableMemory, readCardMemory, type AvailableMemory } from '../compute/available-memory.ts';
import { findPeak, formatBytes, sumItems, type MemoryItem, type MemoryPlan } from '../compute/memory.ts';

/** Room for a plan. */
export interface MemoryRoom extends AvailableMemory {
  /** Tensors live outside the machine's memory, on a card. */
  readonly isOnCard: boolean;
  /** For all tensors together; undefined where nothing but ramBytes limits them, or where the card does not tell. */
  readonly tensorBytes: number | undefined;
}

/** One option that a person can turn to need less. */
export interface MemoryDial {
  /** As on the command line. */
  readonly flag: string;
  readonly value: number;
  readonly least: number;
  planAt(value: number): MemoryPlan;
}

export interface MemoryRequest {
  readonly plan: MemoryPlan;
  readonly dials: readonly MemoryDial[];
}

/** What the formulas ask about a backend. */
export interface PlannedBackend {
  /** Dictionary kernels of ordinary operations, which store B x F. */
  readonly isReference: boolean;
  /** Values of one intermediate of theirs. */
  readonly blockValues: number;
  /** Layers of the model are fused. */
  readonly isFused: boolean;
}

/** compute/reference and compute/tensorflow walk through a batch in blocks of rows; on a card the blocks are large. */
const BLOCK_VALUES = 2 ** 22;
const CARD_BLOCK_VALUES = 2 ** 28;

export function plannedBackend({
  name,
  device,
  kernels,
}: Pick<Backend, 'name' | 'device' | 'kernels'>): PlannedBackend {
  const isLarge = kernels.name === 'tensorflow' && isOnCard(name, device);
  return {
    isReference: ['reference', 'tensorflow'].includes(kernels.name),
    blockValues: isLarge ? CARD_BLOCK_VALUES : BLOCK_VALUES,
    isFused: name === 'native',
  };
}

const isOnCard = (name: string, device: string): boolean =>
  !['native', 'wasm', 'cpu'].includes(name) && !SOFTWARE.test(device);

export class MemoryError extends Error {}

/** WebAssembly addresses with 32 bits; tfjs-backend-wasm stops one page before the end. */
const WASM_BYTES = 2 ** 32 - 2 ** 16;
/** Software that plays a card computes in the machine's own memory. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|\bcpu\b/i;

export function readMemoryRoom({ name, device }: Pick<Backend, 'name' | 'device'>): MemoryRoom {
  const available = readAvailableMemory();
  if (name === 'wasm') return { ...available, isOnCard: false, tensorBytes: WASM_BYTES };
  const onCard = isOnCard(name, device);
  return { ...available, isOnCard: onCard, tensorBytes: onCard ? readCardMemory() : undefined };
}

/** Prints the plan line by line; throws MemoryError when it cannot fit. */
export function checkMemory(
  { plan, dials }: MemoryRequest,
  room: MemoryRoom,
  say: (line: string) => void,
): void {
  for (const line of formatPlan(plan, room)) say(line);
  const reasons = findReasons(plan, room);
  if (reasons.length === 0) return;
  throw new MemoryError(`memory: ${reasons.join('; ')}. ${advise(dials, room)}`);
}

/** Why the plan cannot fit; empty when it can. */
export function findReasons(plan: MemoryPlan, room: MemoryRoom): string[] {
  const reasons: string[] = [];
  const refuse = (needBytes: number, thereBytes: number | undefined, of: string) => {
    if (thereBytes !== undefined && needBytes > thereBytes)
      reasons.push(
        `expected to need at most the ${formatBytes(thereBytes)} ${of}, got ${formatBytes(needBytes)}`,
      );
  };
  // Each limit has its own worst phase.
  const needs = plan.phases.map(({ items }) => sumItems([...plan.resident, ...items]));
  const most = (of: (need: (typeof needs)[number]) => number) => Math.max(...needs.map(of));
  refuse(
    most(({ totalBytes, tensorBytes }) => totalBytes - (room.isOnCard ? tensorBytes : 0)),
    room.ramBytes,
    room.ramSource,
  );
  refuse(
    most(({ tensorBytes }) => tensorBytes),
    room.tensorBytes,
    room.isOnCard ? 'free on the card' : 'that WebAssembly can address',
  );
  refuse(
    most(({ objectBytes }) => objectBytes),
    room.heapBytes,
    "left in V8's heap (NODE_OPTIONS=--max-old-space-size=<MiB> raises it)",
  );
  refuse(
    most(({ largest }) => largest?.largestBytes ?? 0),
    room.arrayBytes,
    `of the longest array in this Node (${process.version})`,
  );
  return reasons;
}

const HALVINGS = 40;

/** Every option that is enough by itself, with the largest value that fits; all together where none is. */
function advise(dials: readonly MemoryDial[], room: MemoryRoom): string {
  const fits = (plan: MemoryPlan) => findReasons(plan, room).length === 0;
  const alone = dials.flatMap((dial) => {
    const value = findLargest(dial, (value) => fits(dial.planAt(value)));
    return value === undefined ? [] : [`${dial.flag} ${value}`];
  });
  if (alone.length > 0) return `What would fit: ${alone.join(', or ')}.`;
  if (dials.length === 0) return 'Use a machine with more memory.';
  const flags = dials.map(({ flag }) => flag).join(', ');
  return `No single one of ${flags} is enough: lower several, or use a machine with more memory.`;
}

/** Below the present value, above the least; round where that costs little. */
function findLargest({ value, least }: MemoryDial, fits: (value: number) => boolean): number | undefined {
  if (least >= value || !fits(least)) return undefined;
  let [low, high] = [least, value];
  for (let i = 0; i < HALVINGS && high - low > 1; i++) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  const unit = 2 ** Math.max(0, Math.floor(Math.log2(low)) - 4);
  return Math.max(least, Math.floor(low / unit) * unit);
}

/** The summary, what lives throughout and in the worst phase item by item, the other phases by their sums. */
export function formatPlan(plan: MemoryPlan, room: MemoryRoom): string[] {
  const { phase } = findPeak(plan);
  const others = plan.phases
    .filter(({ name }) => name !== phase)
    .map(({ name, items }) => {
      const { totalBytes } = sumItems([...plan.resident, ...items]);
      return `${name} ${formatBytes(totalBytes + room.usedBytes)}`;
    });
  const worst = plan.phases.filter(({ name }) => name === phase);
  return [
    formatSummary(plan, room),
    ...formatItems('throughout', plan.resident),
    ...worst.flatMap(({ name, items }) => formatItems(name, items)),
    ...(others.length > 0 ? [`  at other times, in all: ${others.join(', ')}`] : []),
  ];
}

/** One line: what the process will hold at most, when, and what there is. */
export function formatSummary(plan: MemoryPlan, room: MemoryRoom): string {
  const { phase, need } = findPeak(plan);
  const { usedBytes } = room;
  const there = `${formatBytes(usedBytes)} of it in use already, ${formatBytes(room.ramBytes)} ${room.ramSource}`;
  if (!room.isOnCard)
    return `memory: ${formatBytes(need.totalBytes + usedBytes)} at most (${phase}), ${there}`;
  const card =
    room.tensorBytes === undefined
      ? 'which does not tell what is free'
      : `${formatBytes(room.tensorBytes)} free`;
  return (
    `memory: ${formatBytes(need.tensorBytes)} at most (${phase}) on the card, ${card}; ` +
    `${formatBytes(need.totalBytes - need.tensorBytes + usedBytes)} beside it, ${there}`
  );
}

const NAME_WIDTH = 38;
const BYTES_WIDTH = 10;

function formatItems(title: string, items: readonly MemoryItem[]): string[] {
  const row = (name: string, sizeBytes: number, sizes: string) =>
    `  ${name.padEnd(NAME_WIDTH)}${formatBytes(sizeBytes).padStart(BYTES_WIDTH)}  ${sizes}`.trimEnd();
  return [
    row(title, sumItems(items).totalBytes, ''),
    ...items.map(({ name, sizeBytes, sizes }) => row(`  ${name}`, sizeBytes, sizes)),
  ];
}

/** Refuses to begin what the disk cannot hold; a folder that is not there yet is asked about at its parent. */
export function checkDisk(
  folder: string,
  needBytes: number,
  say: (line: string) => void,
  what = 'checkpoints',
): void {
  const freeBytes = readFreeDisk(folder);
  if (freeBytes === undefined) return;
  say(`disk: ${formatBytes(needBytes)} in ${folder}, ${formatBytes(freeBytes)} free`);
  if (needBytes <= freeBytes) return;
  throw new MemoryError(
    `disk: expected at most the ${formatBytes(freeBytes)} free for ${folder}, got ${formatBytes(needBytes)} of ${what}. ` +
      'Make room, or set RESIDUA_HOME to a folder on a larger disk.',
  );
}

function readFreeDisk(folder: string): number | undefined {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    try {
      const { bavail, bsize } = statfsSync(at);
      return bavail * bsize;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || at === path.dirname(at)) return undefined;
    }
  }
}
