/** From logits to the next token of every sequence: one softmax for all of them, then a draw each. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { Rng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { pickByChance, type Sampling } from './pick-token.ts';
import type { TokenScore } from './sequence.ts';

export interface Picked {
  readonly token: number;
  readonly score?: TokenScore;
}

/** Draws the next token of a row. */
export type Pick = (row: number, rng: Rng) => Picked;

/** The logits are used up. */
export async function readChances(
  logits_BV: Tensor2D,
  sampling: Sampling,
  withScores: boolean,
): Promise<Pick> {
  const V = logits_BV.shape[1];
  const [chances_BV, entropy_B] = tf.tidy(() => measureChances(logits_BV, sampling, withScores));
  logits_BV.dispose();
  const chances = (await chances_BV.data()) as Float32Array;
  const entropies = (await entropy_B?.data()) as Float32Array | undefined;
  tf.dispose(entropy_B ? [chances_BV, entropy_B] : chances_BV);
  return (row, rng) => {
    const chances_V = chances.subarray(row * V, (row + 1) * V);
    const token = pickByChance(chances_V, sampling, rng);
    if (!entropies) return { token };
    return { token, score: { logProbability: Math.log(chances_V[token]), entropy: entropies[row] } };
  };
}

/** At temperature 0 the logits rank the tokens as well as their softmax does. */
function measureChances(logits_BV: Tensor2D, { temperature }: Sampling, withScores: boolean): Tensor[] {
  if (temperature === 0 && !withScores) return [logits_BV.clone()];
  const warm_BV = temperature === 0 || temperature === 1 ? logits_BV : logits_BV.div<Tensor2D>(temperature);
  if (!withScores) return [tf.softmax(warm_BV)];
  const logChances_BV = tf.logSoftmax(warm_BV);
  const chances_BV = tf.exp(logChances_BV);
  return [chances_BV, tf.neg(tf.sum(tf.mul(chances_BV, logChances_BV), 1))];
}
