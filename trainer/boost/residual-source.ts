/**
 * Hidden states with what a frozen base misses of them: the encoder of a boost reads x, its target is e = x - x̂ in float32
 * (in half precision 6 % of e would be rounding). The state is the inner source's alone: the base never changes.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { Dictionary } from '../sae/dictionary.ts';
import type { HiddenPair } from '../sae/hidden-batch.ts';
import type { ResumableSource } from '../sae/open-fit.ts';

export interface ResidualSource extends ResumableSource {
  next(): Promise<HiddenPair>;
}

export interface HiddenSource {
  next(): Promise<Tensor2D> | Tensor2D;
  state(): unknown;
  restore(state: never): void;
}

export function createResidualSource(source: HiddenSource, base: Dictionary): ResidualSource {
  return {
    async next() {
      const hidden_BD = await source.next();
      return { hidden_BD, target_BD: await missedBy(base, hidden_BD) };
    },
    state: () => source.state(),
    restore: (state) => source.restore(state),
  };
}

/** x - x̂ at the base's full budget. */
export async function missedBy(
  base: Pick<Dictionary, 'k' | 'encode' | 'decode'>,
  hidden_BD: Tensor2D,
): Promise<Tensor2D> {
  const top = await base.encode(hidden_BD, base.k);
  const missed_BD = tf.tidy(() => tf.sub(hidden_BD, base.decode(top)) as Tensor2D);
  tf.dispose({ ...top });
  return missed_BD;
}
