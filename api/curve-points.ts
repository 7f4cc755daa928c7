/** Training curves on a page: thinned evenly to as many points as were asked for. */
import { CodedError } from './errors.ts';
import { CURVE_POINTS } from './limits.ts';
import { thin } from './study-numbers.ts';

export const AT_MOST = {
  defaultValue: CURVE_POINTS.usual,
  description: `At most so many, up to ${CURVE_POINTS.most}.`,
} as const;

export interface CurveArgs {
  readonly atMost?: number | null;
}

/** Points are a fraction of the cost of a row, like metric points. */
export const curveCost = ({ atMost }: CurveArgs) => ({
  field: 1,
  multiplier: Math.ceil((atMost ?? CURVE_POINTS.usual) / 10),
});

/** The first and the last are kept. */
export function thinCurve<Point>(points: readonly Point[], { atMost }: CurveArgs): readonly Point[] {
  const count = atMost ?? CURVE_POINTS.usual;
  if (count < 2 || count > CURVE_POINTS.most)
    throw new CodedError(
      'BAD_PAGE_SIZE',
      `points: expected atMost between 2 and ${CURVE_POINTS.most}, got ${count}`,
    );
  return thin(points, count);
}
