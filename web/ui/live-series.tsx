/** A series that may still be growing: the curve, its newest value, the steps it has yet to go. */
import { memo } from 'react';
import { CurveChart, type Curve } from './curve-chart.tsx';
import { formatCount } from './numbers.ts';
import { thinPoints, type Point } from './thin-points.ts';

export interface LiveSeriesProps {
  readonly title: string;
  readonly unit: string;
  readonly points: readonly Point[];
  readonly format: (value: number) => string;
  readonly colour?: Curve['colour'];
  readonly fromZero?: boolean;
}

/** Two per pixel column of the narrowest chart. */
const MAX_POINTS = 240;

export const LiveSeries = memo(function LiveSeries(props: LiveSeriesProps) {
  const { title, unit, points, format, colour = 'base', fromZero } = props;
  const newest = points[points.length - 1];
  if (!newest) return null;
  return (
    <CurveChart
      title={title}
      description={`${title} over ${points.length} points; newest ${format(newest.y)} ${unit} at step ${newest.x}`}
      curves={[{ name: title, colour, points: thinPoints(points, MAX_POINTS) }]}
      xAxis={{ label: 'step', format: formatCount }}
      yAxis={{ label: unit, format }}
      fromZero={fromZero}
      note={format(newest.y)}
    />
  );
});
