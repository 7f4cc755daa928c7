/** A number measured over several seeds: mean, sample standard deviation and how many. Not what was measured. */
export interface Spread {
  readonly mean: number;
  /** Sample standard deviation (n - 1); null of a single value, whose spread nobody knows. */
  readonly sd: number | null;
  readonly n: number;
}

/** Rounding is no difference, and no spread. */
const ROUNDING = 1e-9;

/** Null where there is nothing; what is not finite does not count. */
export function spreadOf(values: readonly (number | null | undefined)[]): Spread | null {
  const known = values.filter((value): value is number => value != null && Number.isFinite(value));
  const n = known.length;
  if (n === 0) return null;
  const mean = known.reduce((sum, value) => sum + value, 0) / n;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  if (n === 1) return { mean, sd: null, n };
  const sd = Math.sqrt(squares / (n - 1));
  return { mean, sd: sd > ROUNDING * Math.abs(mean) ? sd : 0, n };
}

/** Standard errors of a difference that count as noise: about 95 % of chance lies within. */
const NOISE_ERRORS = 2;
/** How a compares with b, where more is better: apart only when the difference is above the noise of both. */
export function compareSpreads(a: Spread, b: Spread): 'better' | 'same' | 'worse' {
  const variance = (spread: Spread) => (spread.sd ?? 0) ** 2 / spread.n;
  const noise = NOISE_ERRORS * Math.sqrt(variance(a) + variance(b)) + ROUNDING;
  const difference = a.mean - b.mean;
  return difference > noise ? 'better' : difference < -noise ? 'worse' : 'same';
}

/** 0.812 ± 0.004, the mean alone where nobody knows the spread; a spread has no sign. */
export function formatSpread(spread: Spread | null, format: (value: number) => string): string {
  if (!spread) return '–';
  return spread.sd === null
    ? format(spread.mean)
    : `${format(spread.mean)} ± ${format(spread.sd).replace(/^\+/, '')}`;
}
