/**
 * A vector in the rows of a decoder: those it resembles most, and how much of its squared norm lies in what they span. Beside it
 * what as many rows, chosen alike, span of directions drawn at random: of many rows some resemble anything. Pure.
 */
import type { Rng } from '../../compute/rng.ts';
import { cosineOf } from './cosines.ts';

export interface DecoderRows {
  /** Row-major. */
  readonly decoder_FD: Float32Array;
  readonly D: number;
  /** How many are taken. */
  readonly count: number;
}

export interface Part {
  readonly feature: number;
  readonly cosine: number;
  /** Share of the vector's squared norm in the span of this row and those before it: 1 - |v - Pv|² / |v|², least squares. */
  readonly explained: number;
}

/** What is left of a row shorter than this lies in the span of those before it. */
const LEAST_REST = 1e-6;
/** Directions whose mean is chance. */
const DRAWN = 32;

/** By the size of their cosines, the largest first. */
export function decompose(vector_D: Float32Array, { decoder_FD, D, count }: DecoderRows): Part[] {
  const rowOf = (feature: number) => decoder_FD.subarray(feature * D, (feature + 1) * D);
  const nearest = Array.from({ length: decoder_FD.length / D }, (_, feature) => ({
    feature,
    cosine: cosineOf(rowOf(feature), vector_D),
  }))
    .sort((a, b) => Math.abs(b.cosine) - Math.abs(a.cosine))
    .slice(0, count);
  const total = dot(vector_D, vector_D);
  const basis: Float64Array[] = [];
  let found = 0;
  return nearest.map((one) => {
    const axis_D = orthogonal(rowOf(one.feature), basis);
    if (axis_D) {
      basis.push(axis_D);
      found += dot(axis_D, vector_D) ** 2;
    }
    return { ...one, explained: total > 0 ? Math.min(1, found / total) : 0 };
  });
}

/** Mean over directions of a sphere. */
export function explainedByChance(rows: DecoderRows, rng: Pick<Rng, 'normal'>): number {
  let sum = 0;
  for (let drawn = 0; drawn < DRAWN; drawn++) {
    const direction_D = Float32Array.from({ length: rows.D }, () => rng.normal());
    sum += decompose(direction_D, rows).at(-1)?.explained ?? 0;
  }
  return sum / DRAWN;
}

/** What of a row no axis holds, at length 1: Gram and Schmidt, twice for the sake of rounding. */
function orthogonal(row_D: Float32Array, basis: readonly Float64Array[]): Float64Array | undefined {
  const norm = Math.sqrt(dot(row_D, row_D));
  const rest_D = Float64Array.from(row_D);
  for (let pass = 0; pass < 2; pass++) {
    for (const axis_D of basis) {
      const along = dot(rest_D, axis_D);
      for (let d = 0; d < rest_D.length; d++) rest_D[d] -= along * axis_D[d];
    }
  }
  const left = Math.sqrt(dot(rest_D, rest_D));
  return left > LEAST_REST * norm ? rest_D.map((value) => value / left) : undefined;
}

function dot(a_D: ArrayLike<number>, b_D: ArrayLike<number>): number {
  let sum = 0;
  for (let d = 0; d < a_D.length; d++) sum += a_D[d] * b_D[d];
  return sum;
}
