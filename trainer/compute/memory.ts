/**
 * What a computation will hold in memory, as plain items that are added up and printed: each names the axes its bytes are
 * the product of, so that what is shown is what was multiplied. Pure: measures and allocates nothing.
 */

/**
 * tensors: of the backend, on its device where it has one. arrays: typed arrays of JavaScript. objects: V8's heap, which
 * has a limit of its own.
 */
export type MemoryPlace = 'tensors' | 'arrays' | 'objects';

export interface MemoryItem {
  readonly name: string;
  readonly place: MemoryPlace;
  /** The product behind sizeBytes, for people: `2 x F 4,096 x D 256 x 4 B`. */
  readonly sizes: string;
  readonly sizeBytes: number;
  /** Of one copy: no array may be longer than the engine allows. */
  readonly largestBytes: number;
}

/** What is alive together with the plan's resident items while one phase lasts. */
export interface MemoryPhase {
  readonly name: string;
  readonly items: readonly MemoryItem[];
}

export interface MemoryPlan {
  readonly resident: readonly MemoryItem[];
  readonly phases: readonly MemoryPhase[];
}

export interface ItemOptions {
  /** Axis letter or words -> length. */
  readonly axes: Readonly<Record<string, number>>;
  readonly copies?: number;
  /** 4: float32, int32. */
  readonly bytesPerValue?: number;
  readonly place?: MemoryPlace;
}

export function createItem(name: string, options: ItemOptions): MemoryItem {
  const { axes, copies = 1, bytesPerValue = 4, place = 'tensors' } = options;
  const largestBytes = Object.values(axes).reduce((product, length) => product * length, bytesPerValue);
  const factors = [
    ...(copies === 1 ? [] : [formatNumber(copies)]),
    ...Object.entries(axes).map(([axis, length]) => `${axis} ${formatNumber(length)}`),
    `${formatNumber(bytesPerValue)} B`,
  ];
  return { name, place, sizes: factors.join(' x '), sizeBytes: copies * largestBytes, largestBytes };
}

/** Typed arrays given up but not yet collected: V8 looks after so many more bytes outside its heap. */
const UNCOLLECTED_BYTES = 48 * 2 ** 20;

export function uncollectedMemory(): MemoryItem {
  return createItem('given up, not yet collected', {
    axes: {},
    bytesPerValue: UNCOLLECTED_BYTES,
    place: 'arrays',
  });
}

export interface Need {
  readonly totalBytes: number;
  readonly tensorBytes: number;
  readonly objectBytes: number;
  readonly largest: MemoryItem | undefined;
}

export function sumItems(items: readonly MemoryItem[]): Need {
  const sumOf = (kept: readonly MemoryItem[]) => kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const at = (place: MemoryPlace) => sumOf(items.filter((item) => item.place === place));
  const largest = items
    .filter(({ place }) => place !== 'objects')
    .reduce<MemoryItem | undefined>(
      (most, item) => (item.largestBytes > (most?.largestBytes ?? 0) ? item : most),
      undefined,
    );
  return { totalBytes: sumOf(items), tensorBytes: at('tensors'), objectBytes: at('objects'), largest };
}

/** The phase that needs most. */
export function findPeak({ resident, phases }: MemoryPlan): { readonly phase: string; readonly need: Need } {
  const needs = phases.map(({ name, items }) => ({ phase: name, need: sumItems([...resident, ...items]) }));
  return needs.reduce((most, one) => (one.need.totalBytes > most.need.totalBytes ? one : most));
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function formatBytes(sizeBytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, sizeBytes)) / 10)));
  const value = sizeBytes / 1024 ** power;
  return `${value.toFixed(power > 0 && value < 100 ? 1 : 0)} ${UNITS[power]}`;
}

function formatNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}
