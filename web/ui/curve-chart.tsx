/**
 * Curves and points over a number, with bands and error bars over seeds; each says its value on hover or focus.
 * Works without JavaScript.
 */
import type { ReactNode } from 'react';
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
  /** An interval that need not be even around y; drawn instead of the deviation. */
  readonly range?: readonly [number, number] | null;
}

export interface Curve {
  readonly name: string;
  /** A data colour of the palette. */
  readonly colour: 'base' | 'boosted' | 'steering' | 'lime' | 'muted' | 'ink';
  readonly points: readonly CurvePoint[];
  /** line: with dots and a band; dots: each by itself with an error bar; thin: a line that stands back. */
  readonly draw?: 'line' | 'dots' | 'thin';
  readonly shape?: CurveShape;
  /** Moves the marks aside, where those of several curves share an x. */
  readonly shiftPx?: number;
  /** Widens the y axis a little at most, and leaves the picture beyond: a curve that matters less than the others. */
  readonly mayLeave?: boolean;
  /** What the legend says of it; nothing where it is empty, its name without it. */
  readonly legend?: string;
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
  /** The y that the page is about. */
  readonly level?: number;
  readonly note?: string;
  readonly isWide?: boolean;
  /** The table behind it, where the x of the curves are no common column. */
  readonly data?: ShowDataProps;
}

/** Above this a dot per point is a smear. */
const MAX_DOTS = 24;

export function CurveChart(props: CurveChartProps) {
  const { title, description, curves, xAxis, yAxis, logX, fromZero, current, level, note } = props;
  const frame = props.isWide ? WIDE_FRAME : FRAME;
  const xs = [...new Set(curves.flatMap((curve) => curve.points.map((point) => point.x)))].sort(
    (a, b) => a - b,
  );
  const range = insetOf(plotX(frame), curves);
  const domain: [number, number] = xs.length > 0 ? [xs[0], xs[xs.length - 1]] : [0, 1];
  const x =
    logX && xs.length > 0
      ? createLogScale({ domain, range, ticks: props.xTicks ?? xs })
      : createLinearScale({ domain, range });
  const y = createLinearScale({ domain: yRangeOf(curves, fromZero), range: plotY(frame), tickCount: 4 });
  const data = props.data ?? tableOf(xs, curves, xAxis, yAxis);
  return (
    <ChartFrame
      {...{ title, description, x, y, xAxis, yAxis, data, frame }}
      note={note ?? <CurveLegend curves={curves} />}
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
      {level !== undefined && (
        <line
          className={styles.current}
          x1={frame.left}
          x2={frame.width - frame.right}
          y1={y(level)}
          y2={y(level)}
        />
      )}
      {curves.map((curve) => (
        <CurveLine key={curve.name} {...{ curve, x, y, xAxis, yAxis, current, frame }} />
      ))}
    </ChartFrame>
  );
}

/** How far a curve that may leave widens the range of the others, each way, as a share of it. */
const WIDENED_BY = 0.15;

/** What the y axis spans. */
export function yRangeOf(curves: readonly Curve[], fromZero = false): [number, number] {
  const range = (of: readonly Curve[]) =>
    domainOf(
      of.flatMap(({ points }) => points.flatMap((point) => endsOf(point) ?? [point.y])),
      fromZero,
    );
  const staying = curves.filter(({ mayLeave }) => !mayLeave);
  const whole = range(curves);
  if (staying.length === curves.length || !staying.some(({ points }) => points.length > 0)) return whole;
  const [low, high] = range(staying);
  const more = (high - low) * WIDENED_BY;
  return [Math.max(whole[0], low - more), Math.min(whole[1], high + more)];
}

/** Marks moved aside stay inside. */
function insetOf([from, to]: readonly [number, number], curves: readonly Curve[]): [number, number] {
  const shifts = curves.map(({ shiftPx = 0 }) => shiftPx);
  return [from - Math.min(0, ...shifts), to - Math.max(0, ...shifts)];
}

function tableOf(xs: readonly number[], curves: readonly Curve[], xAxis: AxisText, yAxis: AxisText) {
  const cell = (point: CurvePoint) => `${yAxis.format(point.y)}${spreadText(point, yAxis)}`;
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
  const { points, draw = 'line', name, shiftPx = 0 } = curve;
  const isThin = draw === 'thin';
  const dots = isThin ? [] : points.length <= MAX_DOTS ? points : points.slice(-1);
  const spread = points.flatMap((point) => {
    const ends = endsOf(point);
    return ends && ends[0] < ends[1] ? [{ x: point.x, ends }] : [];
  });
  return (
    <g style={{ color: `var(--${curve.colour})` }}>
      {draw === 'line' && spread.length > 1 && <path className={styles.band} d={bandOf(spread, x, y)} />}
      {draw !== 'dots' && (
        <Inside frame={curve.mayLeave ? frame : null}>
          <path d={pathOf(points, x, y)} className={isThin ? styles.thin : styles.line}>
            <title>{name}</title>
          </path>
        </Inside>
      )}
      {dots.map((point) => (
        <CurvePointMark
          key={point.x}
          {...{ point, curve, xAxis, yAxis, frame }}
          left={x(point.x) + shiftPx}
          top={y(point.y)}
          error={draw === 'dots' ? errorAt(point, y) : null}
          isCurrent={point.x === current}
        />
      ))}
    </g>
  );
}

/** Cuts what leaves the plot of the frame; nothing without one. */
function Inside({ frame, children }: { readonly frame: Frame | null; readonly children: ReactNode }) {
  if (!frame) return children;
  const [left, right] = plotX(frame);
  const [bottom, top] = plotY(frame);
  const [width, height] = [right - left, bottom - top];
  return (
    <svg
      x={left}
      y={top}
      width={width}
      height={height}
      viewBox={`${left} ${top} ${width} ${height}`}
      style={{ overflow: 'hidden' }}
    >
      {children}
    </svg>
  );
}

interface CurvePointMarkProps extends Pick<CurveLineProps, 'curve' | 'xAxis' | 'yAxis' | 'frame'> {
  readonly point: CurvePoint;
  readonly left: number;
  readonly top: number;
  /** Ends of its error bar. */
  readonly error: readonly [number, number] | null;
  readonly isCurrent: boolean;
}

function CurvePointMark(props: CurvePointMarkProps) {
  const { point, curve, xAxis, yAxis, frame, left, top, error, isCurrent } = props;
  const spread = spreadText(point, yAxis);
  return (
    <g className={styles.point} tabIndex={0} data-current={isCurrent || undefined}>
      {error && <path className={styles.error} d={errorOf(left, ...error)} />}
      <circle className={styles.target} cx={left} cy={top} r={14} />
      <CurveMark shape={curve.shape ?? 'ring'} x={left} y={top} radius={isCurrent ? 5 : 3.5} />
      <text className={styles.value} x={left} y={top - 10} textAnchor={anchorAt(left, frame)}>
        {yAxis.format(point.y)}
        <title>{`${curve.name}: ${yAxis.format(point.y)}${spread} at ${xAxis.label} ${xAxis.format(point.x)}`}</title>
      </text>
    </g>
  );
}

/** A value near an edge hangs inwards. */
function anchorAt(x: number, frame: Frame) {
  return x > frame.width * 0.85 ? 'end' : x < frame.width * 0.2 ? 'start' : 'middle';
}

/** Names of the curves with their marks: in the head of one picture, or once above several that draw the same. */
export function CurveLegend({ curves }: { readonly curves: readonly Omit<Curve, 'points'>[] }) {
  const named = curves.filter(({ legend }) => legend !== '');
  if (named.length < 2) return null;
  return (
    <span className={styles.names}>
      {named.map(({ name, legend, colour, draw, shape }) => (
        <span key={name} style={{ color: `var(--${colour})` }} className={styles.nameOf}>
          {(shape || draw) && (
            <svg viewBox="0 0 16 10" width={16} height={10} aria-hidden>
              {draw !== 'dots' && (
                <path d="M0 5h16" className={draw === 'thin' ? styles.thin : styles.line} />
              )}
              {draw !== 'thin' && <CurveMark shape={shape ?? 'ring'} x={8} y={5} radius={3.5} />}
            </svg>
          )}
          {legend ?? name}
        </span>
      ))}
    </span>
  );
}

function pathOf(points: readonly CurvePoint[], x: Scale, y: Scale): string {
  return points.map((point, at) => `${at ? 'L' : 'M'}${round(x(point.x))} ${round(y(point.y))}`).join('');
}

/** Of the interval, else of the deviation; null of a point whose spread nobody knows. */
function endsOf({ y, sd, range }: CurvePoint): readonly [number, number] | null {
  if (range) return range;
  return sd ? [y - sd, y + sd] : null;
}

function errorAt(point: CurvePoint, y: Scale): [number, number] | null {
  const ends = endsOf(point);
  return ends && [y(ends[0]), y(ends[1])];
}

function spreadText({ sd, range }: CurvePoint, { format }: AxisText): string {
  if (range) return ` [${format(range[0])}, ${format(range[1])}]`;
  return sd == null ? '' : ` ± ${format(sd)}`;
}

interface Ends {
  readonly x: number;
  readonly ends: readonly [number, number];
}

function bandOf(points: readonly Ends[], x: Scale, y: Scale): string {
  const upper = points.map(({ x: at, ends: [, high] }) => ({ x: at, y: high }));
  const lower = points.map(({ x: at, ends: [low] }) => ({ x: at, y: low })).reverse();
  return `${pathOf(upper, x, y)}${pathOf(lower, x, y).replace('M', 'L')}Z`;
}

function errorOf(x: number, low: number, high: number): string {
  const [left, right] = [round(x - 3), round(x + 3)];
  return `M${left} ${round(low)}H${right}M${round(x)} ${round(low)}V${round(high)}M${left} ${round(high)}H${right}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
