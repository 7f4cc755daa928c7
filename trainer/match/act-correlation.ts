/**
 * Which features of two dictionaries act together: Pearson's correlation of their acts over the same tokens, silent tokens
 * as 0. Only pairs that act together somewhere are looked at: work and memory follow the acts, never F x F.
 */
import type { ActTable } from '../interp/act-table.ts';
import type { Pair } from './candidates.ts';

export interface CorrelateOptions {
  readonly a: ActTable;
  readonly b: ActTable;
  /** Tokens behind both tables: those without an act count too. */
  readonly tokenCount: number;
  /** One more than the largest token of the tables. */
  readonly tokenEnd: number;
  /** Partners kept of a feature. */
  readonly count: number;
}

/** Likest first; a feature that never acts has no partner. */
export function* correlateActs(options: CorrelateOptions): Generator<number, Pair[]> {
  const { a, b, tokenCount: N, tokenEnd, count } = options;
  const byToken = groupByToken(b, tokenEnd);
  const sums_B = sumsOf(b);
  const products_B = new Float64Array(b.width);
  const pairs: Pair[] = [];
  for (let feature = 0; feature < a.width; feature++) {
    const { acts, entries } = a.of(feature);
    const touched: number[] = [];
    const own = { sum: 0, squares: 0 };
    for (let i = 0; i < acts.length; i++) {
      own.sum += acts[i];
      own.squares += acts[i] * acts[i];
      const token = Math.floor(entries[i] / a.k);
      for (let at = byToken.starts[token]; at < byToken.starts[token + 1]; at++) {
        const other = byToken.features[at];
        if (products_B[other] === 0) touched.push(other);
        products_B[other] += acts[i] * byToken.acts[at];
      }
    }
    const spread = N * own.squares - own.sum ** 2;
    const found = touched.map((other) => {
      const covariance = N * products_B[other] - own.sum * sums_B.sum[other];
      const otherSpread = N * sums_B.squares[other] - sums_B.sum[other] ** 2;
      products_B[other] = 0;
      return { other, value: correlation(covariance, spread, otherSpread) };
    });
    found.sort((x, y) => y.value - x.value || x.other - y.other);
    found.slice(0, count).forEach(({ other, value }, rank) => pairs.push({ feature, rank, other, value }));
    yield feature + 1;
  }
  return pairs;
}

/** A feature that acts alike on every token has no spread, and correlates with nothing. */
const correlation = (covariance: number, spread: number, otherSpread: number): number =>
  spread > 0 && otherSpread > 0 ? Math.min(1, Math.max(-1, covariance / Math.sqrt(spread * otherSpread))) : 0;

function sumsOf(table: ActTable) {
  const sum = new Float64Array(table.width);
  const squares = new Float64Array(table.width);
  for (let f = 0; f < table.width; f++) {
    for (const act of table.of(f).acts) {
      sum[f] += act;
      squares[f] += act * act;
    }
  }
  return { sum, squares };
}

/** The same acts in the order of their tokens. */
function groupByToken(table: ActTable, tokenEnd: number) {
  const starts = new Uint32Array(tokenEnd + 1);
  const tokenOf = (entry: number): number => Math.floor(entry / table.k);
  for (let f = 0; f < table.width; f++) {
    for (const entry of table.of(f).entries) starts[tokenOf(entry) + 1] += 1;
  }
  for (let token = 0; token < tokenEnd; token++) starts[token + 1] += starts[token];
  const next = starts.slice(0, tokenEnd);
  const features = new Uint32Array(table.actCount);
  const acts = new Float32Array(table.actCount);
  for (let f = 0; f < table.width; f++) {
    const own = table.of(f);
    own.entries.forEach((entry, i) => {
      const at = next[tokenOf(entry)]++;
      features[at] = f;
      acts[at] = own.acts[i];
    });
  }
  return { starts, features, acts };
}
