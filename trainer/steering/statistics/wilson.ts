/** The share of right answers with its 95 % interval (Wilson 1927): sound near 0 and 1 and for few trials. */
import type { Share } from '../record.ts';

/** Two-sided 95 % point of the normal distribution. */
const Z = 1.959963984540054;

export function wilsonShare(successes: number, n: number): Share {
  if (!(Number.isInteger(successes) && Number.isInteger(n) && n > 0 && successes >= 0 && successes <= n)) {
    throw new Error(
      `Wilson: expected whole successes between 0 and n, n above 0, got ${successes} of ${n}. Count the trials again.`,
    );
  }
  const value = successes / n;
  const scale = 1 + Z ** 2 / n;
  const centre = (value + Z ** 2 / (2 * n)) / scale;
  const half = (Z / scale) * Math.sqrt((value * (1 - value)) / n + Z ** 2 / (4 * n ** 2));
  // Rounding must not leave an end above 0 where nothing was right, nor below 1 where all was.
  const low = successes === 0 ? 0 : centre - half;
  const high = successes === n ? 1 : centre + half;
  return { value, low, high, n };
}

/** Shares of the same kind taken together: all their trials as one. */
export function poolShares(shares: readonly Share[]): Share {
  const n = shares.reduce((sum, share) => sum + share.n, 0);
  const successes = shares.reduce((sum, share) => sum + Math.round(share.value * share.n), 0);
  return wilsonShare(successes, n);
}
