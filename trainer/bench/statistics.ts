/** What a handful of noisy timings says: median and quartiles, never the mean or the best. Pure. */

export interface Spread {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}

export function spreadOf(samples: readonly number[]): Spread {
  if (samples.length === 0) throw new Error('spread: expected at least one sample, got none.');
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    lowerQuartile: quantile(sorted, 0.25),
    upperQuartile: quantile(sorted, 0.75),
  };
}

/** Of sorted values, linear between neighbours. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

export interface Line {
  readonly intercept: number;
  readonly slope: number;
  /** Largest |y - line| as a share of the line's value. */
  readonly deviation: number;
}

/**
 * The straight line with the least relative error: sizes here span a factor of 32, and the largest must not decide alone.
 */
export function fitLine(xs: readonly number[], ys: readonly number[]): Line {
  if (xs.length < 2 || xs.length !== ys.length) {
    throw new Error(`line: expected two or more points, got ${xs.length} x and ${ys.length} y.`);
  }
  let [w, wx, wy, wxx, wxy] = [0, 0, 0, 0, 0];
  xs.forEach((x, i) => {
    const weight = 1 / ys[i] ** 2;
    w += weight;
    wx += weight * x;
    wy += weight * ys[i];
    wxx += weight * x * x;
    wxy += weight * x * ys[i];
  });
  const slope = (w * wxy - wx * wy) / (w * wxx - wx * wx);
  const intercept = (wy - slope * wx) / w;
  const deviations = xs.map((x, i) => Math.abs(ys[i] / (intercept + slope * x) - 1));
  return { intercept, slope, deviation: Math.max(...deviations) };
}
