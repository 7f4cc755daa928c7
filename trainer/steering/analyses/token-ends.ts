/** The tokens with the largest and the smallest values. */
import type { Tokenizer } from '../../lm/tokenizer/tokenizer.ts';
import type { TokenEnds, TokenValue } from '../record.ts';

/** Rows that the tokenizer has no bytes for stand for no token. */
export function pickEnds(
  values: ArrayLike<number>,
  tokenizer: Pick<Tokenizer, 'text' | 'bytes'>,
  count: number,
): TokenEnds {
  const known = Array.from({ length: values.length }, (_, token) => token).filter(
    (token) => tokenizer.bytes(token).length > 0,
  );
  const order = known.sort((a, b) => values[b] - values[a] || a - b);
  const describe = (token: number): TokenValue => ({
    token,
    text: tokenizer.text(token),
    value: values[token],
  });
  return {
    top: order.slice(0, count).map(describe),
    bottom: order.slice(-count).reverse().map(describe),
  };
}
