/**
 * Curves and points over a number, with bands and error bars over seeds; each says its value on hover or focus.
 * Works without JavaScript.
 */
import { ChartFrame, FRAME, plotX, plotY, WIDE_FRAME, type AxisText, type Frame } from './chart-frame.tsx';
import { CurveMark, type CurveShape } from './curve-mark.tsx';
import { createLinearScale, createLogScale, domainOf, type Scale } from './scale.ts';
import type { ShowDataProps } from './show-data.tsx';
import styles from './curve-chart.module.css';

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  /** Standard deviation over seeds. */
  readonly sd?: number | null;
}

export interface Curve {
  readonly name: string;
  /** A data colour of the palette. */
  readonly colour: 'base' | 'boosted' | 'steering' | 'lime' | 'muted' | 'ink';
  readonly points: readonly CurvePoint[];
  /** line: with dots and a band; dots: each by itself with an error bar; thin: a line that stands back. */
  readonly draw?: 'line' | 'dots' | 'thin';
  readonly shape?: CurveShape;
}

export interface CurveChartProps {
  readonly title: string;
  readonly description: string;
  readonly curves: readonly Curve[];
  readonly xAxis: AxisText;
  readonly yAxis: AxisText;
  /** Ticks at the points, spaced by doubling. */
  readonly logX?: boolean;
  /** Where ticks stand, if not at the points. */
  readonly xTicks?: readonly number[];
  readonly fromZero?: boolean;
  /** The x that the page is about. */
  readonly current?: number;
  readonly note?: string;
  readonly isWide?: boolean;
  /** The table behind it, where the x of the curves are no common column. */
  readonly data?: ShowDataProps;
}

/** Above this a dot per point is a smear. */
const MAX_DOTS = 24;

export function CurveChart(props: CurveChartProps) {
  const { title, description, curves, xAxis, yAxis, logX, fromZero, current, note } = props;
  const frame = props.isWide ? WIDE_FRAME : FRAME;
  const xs = [...new Set(curves.flatMap((curve) => curve.points.map((point) => point.x)))].sort(
    (a, b) => a - b,
  );
  const ys = curves.flatMap(({ points }) => points.flatMap(({ y, sd }) => (sd ? [y - sd, y + sd] : [y])));
  const domain: [number, number] = xs.length > 0 ? [xs[0], xs[xs.length - 1]] : [0, 1];
  const x =
    logX && xs.length > 0
      ? createLogScale({ domain, range: plotX(frame), ticks: props.xTicks ?? xs })
      : createLinearScale({ domain, range: plotX(frame) });
  const y = createLinearScale({ domain: domainOf(ys, fromZero), range: plotY(frame), tickCount: 4 });
  const data = props.data ?? tableOf(xs, curves, xAxis, yAxis);
  return (
    <ChartFrame
      {...{ title, description, x, y, xAxis, yAxis, data, frame }}
      note={note ?? nameCurves(curves)}
    >
      {current !== undefined && (
        <line
          className={styles.current}
          x1={x(current)}
          x2={x(current)}
          y1={frame.top}
          y2={frame.height - frame.bottom}
        />
      )}
      {curves.map((curve) => (
        <CurveLine key={curve.name} {...{ curve, x, y, xAxis, yAxis, current, frame }} />
      ))}
    </ChartFrame>
  );
}

function tableOf(xs: readonly number[], curves: readonly Curve[], xAxis: AxisText, yAxis: AxisText) {
  const cell = ({ y, sd }: CurvePoint) =>
    sd == null ? yAxis.format(y) : `${yAxis.format(y)} ± ${yAxis.format(sd)}`;
  return {
    columns: [xAxis.label, ...curves.map((curve) => curve.name)],
    rows: xs.map((at) => [
      xAxis.format(at),
      ...curves.map((curve) => {
        const point = curve.points.find((candidate) => candidate.x === at);
        return point ? cell(point) : '';
      }),
    ]),
  };
}

interface CurveLineProps {
  readonly curve: Curve;
  readonly x: Scale;
  readonly y: Scale;
  readonly xAxis: AxisText;
  readonly yAxis: AxisText;
  readonly current?: number;
  readonly frame: Frame;
}

function CurveLine({ curve, x, y, xAxis, yAxis, current, frame }: CurveLineProps) {
  const { points, draw = 'line', name } = curve;
  const isThin = draw === 'thin';
  const dots = isThin ? [] : points.length <= MAX_DOTS ? points : points.slice(-1);
  const spread = points.filter((point): point is Required<CurvePoint> => point.sd != null && point.sd > 0);
  return (
    <g style={{ color: `var(--${curve.colour})` }}>
      {draw === 'line' && spread.length > 1 && (
        <path className={styles.band} d={bandOf(spread as { x: number; y: number; sd: number }[], x, y)} />
      )}
      {draw !== 'dots' && (
        <path d={pathOf(points, x, y)} className={isThin ? styles.thin : styles.line}>
          <title>{name}</title>
        </path>
      )}
      {draw === 'dots' &&
        spread.map((point) => (
          <path
            key={point.x}
            className={styles.error}
            d={errorOf(x(point.x), y(point.y - point.sd!), y(point.y + point.sd!))}
          />
        ))}
      {dots.map((point) => (
        <g
          key={point.x}
          className={styles.point}
          tabIndex={0}
          data-current={point.x === current || undefined}
        >
          <circle className={styles.target} cx={x(point.x)} cy={y(point.y)} r={14} />
          <CurveMark
            shape={curve.shape ?? 'ring'}
            x={x(point.x)}
            y={y(point.y)}
            radius={point.x === current ? 5 : 3.5}
          />
          <text
            className={styles.value}
            x={x(point.x)}
            y={y(point.y) - 10}
            textAnchor={anchorAt(x(point.x), frame)}
          >
            {yAxis.format(point.y)}
            <title>{`${name}: ${yAxis.format(point.y)}${point.sd == null ? '' : ` ± ${yAxis.format(point.sd)}`} at ${xAxis.label} ${xAxis.format(point.x)}`}</title>
          </text>
        </g>
      ))}
    </g>
  );
}

/** A value near an edge hangs inwards. */
function anchorAt(x: number, frame: Frame) {
  return x > frame.width * 0.85 ? 'end' : x < frame.width * 0.2 ? 'start' : 'middle';
}

function nameCurves(curves: readonly Curve[]) {
  if (curves.length < 2) return undefined;
  return (
    <span className={styles.names}>
      {curves.map(({ name, colour, draw, shape }) => (
        <span key={name} style={{ color: `var(--${colour})` }} className={styles.nameOf}>
          {(shape || draw) && (
            <svg viewBox="0 0 16 10" width={16} height={10} aria-hidden>
              {draw !== 'dots' && (
                <path d="M0 5h16" className={draw === 'thin' ? styles.thin : styles.line} />
              )}
              {draw !== 'thin' && <CurveMark shape={shape ?? 'ring'} x={8} y={5} radius={3.5} />}
            </svg>
          )}
          {name}
        </span>
      ))}
    </span>
  );
}

function pathOf(points: readonly CurvePoint[], x: Scale, y: Scale): string {
  return points.map((point, at) => `${at ? 'L' : 'M'}${round(x(point.x))} ${round(y(point.y))}`).join('');
}

function bandOf(points: readonly { x: number; y: number; sd: number }[], x: Scale, y: Scale): string {
  const upper = points.map(({ x: at, y: value, sd }) => ({ x: at, y: value + sd }));
  const lower = points.map(({ x: at, y: value, sd }) => ({ x: at, y: value - sd })).reverse();
  return `${pathOf(upper, x, y)}${pathOf(lower, x, y).replace('M', 'L')}Z`;
}

function errorOf(x: number, low: number, high: number): string {
  const [left, right] = [round(x - 3), round(x + 3)];
  return `M${left} ${round(low)}H${right}M${round(x)} ${round(low)}V${round(high)}M${left} ${round(high)}H${right}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
