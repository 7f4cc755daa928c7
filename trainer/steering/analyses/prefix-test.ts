/**
 * Is the vector worth more than its first word? The base's answers are made to begin with a token that the vector raises; what
 * share of the vector's gain comes with it? ("To" gives about three quarters of it, 2509.06608.) Pure but for `measure`.
 */
import type { Tokenizer } from '../../lm/tokenizer/tokenizer.ts';
import type { PrefixTest, Share } from '../record.ts';
import type { Shift } from './token-shift.ts';

/** Tokens tried, most raised first. */
const PREFIXES = 6;
/** A change of probability below this is not what a vector does to the first token. */
const LEAST_RAISE = 1e-3;

export interface PrefixInput {
  readonly tokenizer: Pick<Tokenizer, 'text'>;
  readonly shift: Pick<Shift, 'firstTokens' | 'firstProbabilities'>;
  readonly base: Share;
  readonly steered: Share;
  /** Tokens that would end the answer at once. */
  readonly stopTokens: readonly number[];
  /** The base's answers that begin so. */
  measure(prefix: readonly number[]): Promise<Share>;
}

export async function testPrefixes({
  tokenizer,
  shift,
  base,
  steered,
  stopTokens,
  measure,
}: PrefixInput): Promise<Pick<PrefixTest, 'kind' | 'base' | 'steered' | 'prefixes'>> {
  const tried = shift.firstTokens.top
    .filter(({ token, value }) => value >= LEAST_RAISE && !stopTokens.includes(token))
    .slice(0, PREFIXES);
  const prefixes: PrefixTest['prefixes'][number][] = [];
  for (const { token } of tried) {
    const accuracy = await measure([token]);
    prefixes.push({
      tokens: [token],
      text: tokenizer.text(token),
      baseProbability: shift.firstProbabilities.base[token],
      steeredProbability: shift.firstProbabilities.steered[token],
      accuracy,
      recovered: recoveredShare(accuracy.value, base.value, steered.value),
    });
  }
  return { kind: 'prefix', base, steered, prefixes };
}

/** Null where there is no gain to recover. */
export function recoveredShare(accuracy: number, base: number, steered: number): number | null {
  return steered > base ? (accuracy - base) / (steered - base) : null;
}
