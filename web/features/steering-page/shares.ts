/** Shares of right answers with their 95 % intervals: written, put together over seeds, held against each other. Pure. */
const THIN = '\u202f';

/** A share of n trials with its 95 % Wilson interval. */
export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** A mean, or a difference of means, with its 95 % interval. */
export type Interval = Pick<Share, 'value' | 'low' | 'high'>;

/** 0.4567 → 45.7 % */
export function percent(share: number): string {
  return `${minus((share * 100).toFixed(1))}${THIN}%`;
}

/** 0.4567 [0.43, 0.48] → 45.7 % [43.0, 48.0] */
export function intervalText({ value, low, high }: Interval): string {
  return `${percent(value)} [${minus((low * 100).toFixed(1))}, ${minus((high * 100).toFixed(1))}]`;
}

/** Percentage points, with their sign: +12.3. What rounds to nothing has none. */
export function points(share: number): string {
  const text = (share * 100).toFixed(1);
  if (Number(text) === 0) return '0.0';
  return share > 0 ? `+${text}` : minus(text);
}

/** +12.3 [10.1, 14.5] */
export function pointsText({ value, low, high }: Interval): string {
  return `${points(value)} [${points(low)}, ${points(high)}]`;
}

/** 0.123 → 0.12, −0.45 → −0.45 */
export function cosineText(cosine: number): string {
  return cosine
    .toFixed(2)
    .replace(/^-(0\.00)$/, '$1')
    .replace('-', '−');
}

function minus(text: string): string {
  return text.replace(/^-(0\.0)$/, '$1').replace('-', '−');
}

/** 97.5 % quantiles of Student's t by degrees of freedom, from one. */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];
const NORMAL = 1.96;

/**
 * Mean over seeds with the interval of Student's t, inside 0..1; of one seed its own interval, which knows nothing of other
 * seeds. Null of none.
 */
export function overSeeds(shares: readonly (Share | null | undefined)[]): Share | null {
  const known = shares.filter((share): share is Share => share != null);
  if (known.length < 2) return known[0] ?? null;
  const value = known.reduce((sum, share) => sum + share.value, 0) / known.length;
  const squares = known.reduce((sum, share) => sum + (share.value - value) ** 2, 0);
  const t = STUDENT[known.length - 2] ?? NORMAL;
  const half = t * Math.sqrt(squares / (known.length - 1) / known.length);
  return {
    value,
    low: Math.max(0, value - half),
    high: Math.min(1, value + half),
    n: known.reduce((sum, share) => sum + share.n, 0),
  };
}

/** Wilson's interval of all answers of all seeds, as if they were of one: the noise of answering, not of training. */
export function pooledOf(shares: readonly (Share | null | undefined)[]): Share | null {
  const known = shares.filter((share): share is Share => share != null && share.n > 0);
  if (known.length === 0) return null;
  const n = known.reduce((sum, share) => sum + share.n, 0);
  const p = known.reduce((sum, share) => sum + share.value * share.n, 0) / n;
  const z2 = NORMAL ** 2;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (NORMAL / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { value: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n };
}

/** What is gained over the base: the noise of both counts, as if they had nothing to do with each other. */
export function gainOf(share: Interval, base: Interval): Interval {
  const value = share.value - base.value;
  return {
    value,
    low: value - Math.hypot(share.value - share.low, base.high - base.value),
    high: value + Math.hypot(share.high - share.value, base.value - base.low),
  };
}

/** level: the interval holds nothing at all. */
export type Side = 'above' | 'below' | 'level';

export function sideOf({ low, high }: Interval): Side {
  if (low > 0) return 'above';
  return high < 0 ? 'below' : 'level';
}

/** A gain in a sentence's end: "12.3 points more [10.1, 14.5]", "level within noise (+0.3 [−1.2, 1.8])". */
export function gainWords(gain: Interval): string {
  const side = sideOf(gain);
  if (side === 'level') return `level within noise (${pointsText(gain)} points)`;
  const size = Math.abs(gain.value * 100).toFixed(1);
  return `${size} points ${side === 'above' ? 'more' : 'less'} [${points(gain.low)}, ${points(gain.high)}]`;
}

/** Part of another gain that a gain is; null where the other is not above noise, for then the ratio means nothing. */
export function recoveredOf(gain: Interval, whole: Interval): number | null {
  return sideOf(whole) === 'above' ? gain.value / whole.value : null;
}
