/** One or several curves over a number, with points that say their value on hover or focus. Works without JavaScript. */
import { ChartFrame, FRAME, PLOT_X, PLOT_Y, type AxisText } from './chart-frame.tsx';
import { createLinearScale, createLogScale, domainOf, type Scale } from './scale.ts';
import styles from './curve-chart.module.css';

export interface Curve {
  readonly name: string;
  /** A data colour of the palette. */
  readonly colour: 'base' | 'boosted' | 'steering' | 'lime' | 'muted';
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface CurveChartProps {
  readonly title: string;
  readonly description: string;
  readonly curves: readonly Curve[];
  readonly xAxis: AxisText;
  readonly yAxis: AxisText;
  /** Ticks at the points, spaced by doubling. */
  readonly logX?: boolean;
  readonly fromZero?: boolean;
  /** The x that the page is about. */
  readonly current?: number;
  readonly note?: string;
}

/** Above this a dot per point is a smear. */
const MAX_DOTS = 24;

export function CurveChart(props: CurveChartProps) {
  const { title, description, curves, xAxis, yAxis, logX, fromZero, current, note } = props;
  const xs = [...new Set(curves.flatMap((curve) => curve.points.map((point) => point.x)))].sort(
    (a, b) => a - b,
  );
  const ys = curves.flatMap((curve) => curve.points.map((point) => point.y));
  const domain: [number, number] = xs.length > 0 ? [xs[0], xs[xs.length - 1]] : [0, 1];
  const x =
    logX && xs.length > 0
      ? createLogScale({ domain, range: PLOT_X, ticks: xs })
      : createLinearScale({ domain, range: PLOT_X });
  const y = createLinearScale({ domain: domainOf(ys, fromZero), range: PLOT_Y, tickCount: 4 });
  const data = {
    columns: [xAxis.label, ...curves.map((curve) => curve.name)],
    rows: xs.map((at) => [
      xAxis.format(at),
      ...curves.map((curve) => {
        const point = curve.points.find((candidate) => candidate.x === at);
        return point ? yAxis.format(point.y) : '';
      }),
    ]),
  };
  return (
    <ChartFrame {...{ title, description, x, y, xAxis, yAxis, data }} note={note ?? nameCurves(curves)}>
      {current !== undefined && (
        <line
          className={styles.current}
          x1={x(current)}
          x2={x(current)}
          y1={FRAME.top}
          y2={FRAME.height - FRAME.bottom}
        />
      )}
      {curves.map((curve) => (
        <CurveLine key={curve.name} curve={curve} x={x} y={y} xAxis={xAxis} yAxis={yAxis} current={current} />
      ))}
    </ChartFrame>
  );
}

interface CurveLineProps {
  readonly curve: Curve;
  readonly x: Scale;
  readonly y: Scale;
  readonly xAxis: AxisText;
  readonly yAxis: AxisText;
  readonly current?: number;
}

function CurveLine({ curve, x, y, xAxis, yAxis, current }: CurveLineProps) {
  const { points } = curve;
  const path = points
    .map((point, at) => `${at ? 'L' : 'M'}${round(x(point.x))} ${round(y(point.y))}`)
    .join('');
  const dots = points.length <= MAX_DOTS ? points : points.slice(-1);
  return (
    <g style={{ color: `var(--${curve.colour})` }}>
      <path d={path} className={styles.line} />
      {dots.map((point) => (
        <g
          key={point.x}
          className={styles.point}
          tabIndex={0}
          data-current={point.x === current || undefined}
        >
          <circle className={styles.target} cx={x(point.x)} cy={y(point.y)} r={14} />
          <circle className={styles.dot} cx={x(point.x)} cy={y(point.y)} r={point.x === current ? 5 : 3.5} />
          <text
            className={styles.value}
            x={x(point.x)}
            y={y(point.y) - 10}
            textAnchor={
              x(point.x) > FRAME.width * 0.85 ? 'end' : x(point.x) < FRAME.width * 0.2 ? 'start' : 'middle'
            }
          >
            {yAxis.format(point.y)}
            <title>{`${curve.name}: ${yAxis.format(point.y)} at ${xAxis.label} ${xAxis.format(point.x)}`}</title>
          </text>
        </g>
      ))}
    </g>
  );
}

function nameCurves(curves: readonly Curve[]) {
  if (curves.length < 2) return undefined;
  return (
    <span className={styles.names}>
      {curves.map((curve) => (
        <span key={curve.name} style={{ color: `var(--${curve.colour})` }}>
          {curve.name}
        </span>
      ))}
    </span>
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
