/** Sentences from numbers: what is above the noise of the seeds is said, what is not is said to be level. Pure. */
import { compareSpreads, spreadOf, type Spread } from '../../ui/spread.ts';

const THIN = '\u202f';
const ZERO: Spread = { mean: 0, sd: 0, n: 1 };

/** 0.142 ± 0.01 → 14.2 ± 1.0 %. Signs are the sentence's. */
export function percentWords({ mean, sd }: Spread): string {
  const text = (share: number) => Math.abs(share * 100).toFixed(1);
  return sd === null ? `${text(mean)}${THIN}%` : `${text(mean)} ± ${text(sd)}${THIN}%`;
}

/** The same at the end of a row: its sign counts. */
export function formatShareSpread(spread: Spread | null): string {
  return spread ? `${spread.mean < 0 ? '−' : ''}${percentWords(spread)}` : '–';
}

/** above and below mean by more than two standard errors over seeds; alone: one seed, whose noise nobody knows. */
export type Side = 'above' | 'below' | 'level' | 'alone';

export function sideOf(spread: Spread): Side {
  if (spread.sd === null) return 'alone';
  const side = compareSpreads(spread, ZERO);
  return side === 'same' ? 'level' : side === 'better' ? 'above' : 'below';
}

/** Savings of each seed at one loss, in a sentence. `what`: FLOPs or tokens. */
export function savingWords(savings: readonly (number | null)[], what: string): string {
  const spread = spreadOf(savings);
  const missing = savings.filter((saving) => saving === null).length;
  if (!spread) return `one of the two never gets there, at any of ${seeds(savings.length)}`;
  const less = spread.mean >= 0 ? 'fewer' : 'more';
  const rest = missing > 0 ? `; at ${seeds(missing)} one of the two never gets there` : '';
  const counted = missing > 0 ? `${spread.n} of ${seeds(savings.length)}` : seeds(spread.n);
  const side = sideOf(spread);
  if (side === 'alone')
    return `LIMe needs ${percentWords(spread)} ${less} ${what} at one seed, whose noise is not known${rest}`;
  if (side === 'level')
    return `no difference within noise: LIMe needs ${percentWords(spread)} ${less} ${what}, which is below two standard errors over ${counted}${rest}`;
  return `LIMe needs ${percentWords(spread)} ${less} ${what} (${counted})${rest}`;
}

/** A difference LIMe - base in a sentence's middle: "higher by 0.31", "level within noise". */
export function differenceWords(
  differences: readonly (number | null)[],
  format: (value: number) => string,
  [more, less]: readonly [string, string] = ['higher', 'lower'],
): string {
  const spread = spreadOf(differences);
  if (!spread) return 'not measured';
  const size = format(Math.abs(spread.mean));
  const noise = spread.sd === null ? '' : ` ± ${format(spread.sd)}`;
  const side = sideOf(spread);
  if (side === 'level') return `level within noise (${spread.mean < 0 ? '−' : '+'}${size}${noise})`;
  return `${spread.mean < 0 ? less : more} by ${size}${noise}${side === 'alone' ? ' at one seed' : ''}`;
}

export const seeds = (count: number): string => `${count} ${count === 1 ? 'seed' : 'seeds'}`;

/** Null where a study does not know it of its models. */
export interface ModelSize {
  readonly layers: number | null;
  readonly width: number | null;
  readonly heads: number | null;
  readonly kvHeads: number | null;
}

/** What tells studies of one part apart: "4 and 8 layers of 128", and the heads where they share keys and values. */
export function sizeWords(models: readonly ModelSize[]): string {
  const distinct = (of: (model: ModelSize) => number | null) =>
    [...new Set(models.flatMap((model) => of(model) ?? []))].sort((a, b) => a - b);
  const shared = models.find(({ heads, kvHeads }) => heads !== null && kvHeads !== null && kvHeads < heads);
  return [
    `${listWords(distinct(({ layers }) => layers))} layers of ${listWords(distinct(({ width }) => width))}`,
    ...(shared ? [`${shared.kvHeads} of ${shared.heads} heads with keys and values`] : []),
  ].join(', ');
}

/** a, b and c. */
export function listWords(words: readonly (string | number)[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
}
