/** The next token from logits: the likeliest, or drawn by temperature from the nucleus (Holtzman et al. 2019, 1904.09751). */
import type { Rng } from '../compute/rng.ts';

export interface Sampling {
  /** Divides the logits; 0: always the likeliest token. */
  readonly temperature: number;
  /** Only the fewest tokens that together have this probability; 1: all. Default 1. */
  readonly topP?: number;
}

type Weights = Float32Array | Float64Array;

export function checkSampling({ temperature, topP = 1 }: Sampling): void {
  if (!(temperature >= 0 && temperature < Infinity)) {
    throw new Error(`generate: expected a temperature from 0, got ${temperature}. 0 takes the likeliest.`);
  }
  if (!(topP > 0 && topP <= 1)) {
    throw new Error(`generate: expected topP above 0 and at most 1, got ${topP}. 1 leaves every token in.`);
  }
}

export function pickToken(logits: Float32Array, { temperature, topP = 1 }: Sampling, rng: Rng): number {
  const best = likeliest(logits);
  if (temperature === 0) return best;
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - logits[best]) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return topP === 1 ? draw(weights, total, rng) : drawNucleus(weights, topP * total, total, rng);
}

/** The same from the probabilities that the temperature left; at temperature 0 of any that rank the tokens alike. */
export function pickByChance(chances_V: Float32Array, { temperature, topP = 1 }: Sampling, rng: Rng): number {
  if (temperature === 0) return likeliest(chances_V);
  return topP === 1 ? draw(chances_V, 1, rng) : drawNucleus(chances_V, topP, 1, rng);
}

/** The first one, of equals. */
function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}

/** What rounding leaves of the total goes to the last token that can come. */
function draw(weights: Weights, total: number, rng: Rng): number {
  let rest = rng.next() * total;
  for (let id = 0; id < weights.length; id++) if ((rest -= weights[id]) < 0) return id;
  let last = weights.length - 1;
  while (last > 0 && weights[last] === 0) last -= 1;
  return last;
}

function drawNucleus(weights: Weights, wanted: number, total: number, rng: Rng): number {
  // Tokens below this weight hold less than total - wanted together: none is in the nucleus, and few are left to sort.
  const least = (total - wanted) / weights.length;
  const ids: number[] = [];
  weights.forEach((weight, id) => weight >= least && ids.push(id));
  ids.sort((a, b) => weights[b] - weights[a] || a - b);
  let sum = 0;
  let count = 0;
  while (count < ids.length && sum < wanted) sum += weights[ids[count++]];
  const nucleus = ids.slice(0, count);
  return nucleus[
    draw(
      Float64Array.from(nucleus, (id) => weights[id]),
      sum,
      rng,
    )
  ];
}
