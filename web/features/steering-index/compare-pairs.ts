/** Two vectors together held against each by itself: beside the better of the two, and beside the sum of both gains. Pure. */
import { gainOf, sideOf, type Share, type Side } from '../steering-page/shares.ts';

export interface ComparedPair {
  readonly first: number;
  readonly second: number;
  /** Of the pair against the better of the two, the noise of both counted. */
  readonly side: Side;
  /** Gain of the pair / sum of both gains: 1 where they add up. Null where one of them gains nothing above noise. */
  readonly ofSum: number | null;
}

interface Pairs {
  readonly base: Share;
  readonly singles: readonly { readonly layer: number; readonly accuracy: Share }[];
  readonly pairs: readonly { readonly first: number; readonly second: number; readonly accuracy: Share }[];
}

/** Pairs of which a single was not measured are left out. */
export function comparePairs({ base, singles, pairs }: Pairs): ComparedPair[] {
  const single = (layer: number) => singles.find((one) => one.layer === layer)?.accuracy;
  return pairs.flatMap(({ first, second, accuracy }) => {
    const [one, other] = [single(first), single(second)];
    if (!one || !other) return [];
    const gains = [gainOf(one, base), gainOf(other, base)];
    const isSummable = gains.every((gain) => sideOf(gain) === 'above');
    const sum = gains[0].value + gains[1].value;
    return [
      {
        ...{ first, second },
        side: sideOf(gainOf(accuracy, one.value > other.value ? one : other)),
        ofSum: isSummable ? gainOf(accuracy, base).value / sum : null,
      },
    ];
  });
}
