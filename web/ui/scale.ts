/** Scales of the charts: a domain of numbers onto pixels, with ticks a person would choose. */
export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
}

export interface ScaleOptions {
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
  /** How many ticks fit; the scale picks a number near it. */
  readonly tickCount?: number;
}

export function createLinearScale({ domain, range, tickCount = 5 }: ScaleOptions): Scale {
  const [low, high] = widen(domain);
  const slope = (range[1] - range[0]) / (high - low);
  return Object.assign((value: number) => range[0] + (value - low) * slope, {
    ticks: linearTicks(low, high, tickCount),
  });
}

/** Base-2 logarithm: budgets double. The domain must be positive. */
export function createLogScale({
  domain,
  range,
  ticks,
}: ScaleOptions & { readonly ticks: readonly number[] }): Scale {
  const [low, high] = widen([Math.log2(domain[0]), Math.log2(domain[1])]);
  const slope = (range[1] - range[0]) / (high - low);
  return Object.assign((value: number) => range[0] + (Math.log2(value) - low) * slope, { ticks });
}

/** Multiples of 1, 2 or 5 times a power of ten inside the domain. */
export function linearTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((multiple) => multiple * power >= rough * 0.999)! * power;
  const ticks: number[] = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index++) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

/** The domain of values with a little air, and with zero where asked. */
export function domainOf(values: readonly number[], fromZero = false): [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  let low = Math.min(...finite);
  let high = Math.max(...finite);
  if (fromZero) [low, high] = [Math.min(0, low), Math.max(0, high)];
  const air = (high - low) * 0.05;
  return [fromZero && low === 0 ? 0 : low - air, fromZero && high === 0 ? 0 : high + air];
}

/** Closer than this, relative to their size, two values are one and rounding: no ticks lie between them. */
const SAME = 1e-9;

function widen([low, high]: readonly [number, number]): [number, number] {
  if (high - low > SAME * Math.max(Math.abs(low), Math.abs(high))) return [low, high];
  if (low === 0) return [0, 1]; // nothing yet of a share or a loss, which are never negative
  const half = Math.abs(low) * 0.1; // a single value sits in the middle
  return [low - half, high + half];
}
