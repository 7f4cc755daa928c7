/** A long, noisy series as few points: the mean of every stretch of steps, over all seeds. Pure. */
import { spreadOf } from '../../ui/spread.ts';

interface Stepped {
  readonly step: number;
}

export interface BinnedPoint {
  /** Last step of the stretch. */
  readonly x: number;
  readonly y: number;
  /** Between the seeds' own means of the stretch; null of one seed. */
  readonly sd: number | null;
}

/** At most `most` stretches of equally many steps; a seed that stopped early counts as far as it went. */
export function binCurve<Point extends Stepped>(
  bySeed: readonly (readonly Point[])[],
  measure: (point: Point) => number,
  most: number,
): BinnedPoint[] {
  const last = Math.max(0, ...bySeed.flatMap((curve) => curve.map(({ step }) => step)));
  const first = Math.min(last, ...bySeed.flatMap((curve) => curve.map(({ step }) => step)));
  const size = Math.max(1, Math.ceil((last - first + 1) / most));
  const binOf = ({ step }: Stepped) => Math.floor((step - first) / size);
  return Array.from({ length: binOf({ step: last }) + 1 }, (_, bin) => {
    const means = bySeed.map(
      (curve) => spreadOf(curve.filter((point) => binOf(point) === bin).map(measure))?.mean,
    );
    const spread = spreadOf(means);
    return spread && { x: Math.min(last, first + (bin + 1) * size - 1), y: spread.mean, sd: spread.sd };
  }).filter((point) => point !== null);
}
