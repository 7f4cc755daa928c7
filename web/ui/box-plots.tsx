/**
 * Distributions side by side: whiskers from least to greatest, a box from the lower to the upper quartile, a bar at the
 * median, a dot at the mean. Works without JavaScript.
 */
import { ChartFrame, FRAME, plotX, plotY, WIDE_FRAME, type AxisText, type Frame } from './chart-frame.tsx';
import { createLinearScale, domainOf, type Scale } from './scale.ts';
import styles from './box-plots.module.css';

export interface Quartiles {
  readonly min: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  readonly max: number;
  readonly mean: number;
  readonly n: number;
}

export interface Box {
  /** Short: it stands under the box. */
  readonly name: string;
  readonly quartiles: Quartiles;
  readonly colour?: 'steering' | 'base' | 'muted';
}

export interface BoxPlotsProps {
  readonly title: string;
  readonly description: string;
  readonly boxes: readonly Box[];
  /** What the names are. */
  readonly xLabel: string;
  readonly yAxis: AxisText;
  /** The y that counts as nothing. */
  readonly level?: number;
  readonly note?: string;
  readonly isWide?: boolean;
}

/** Names closer than this run into each other. */
const NAME_PX = 26;
const MAX_BOX_PX = 28;

export function BoxPlots(props: BoxPlotsProps) {
  const { title, description, boxes, xLabel, yAxis, level, note } = props;
  const frame = props.isWide ? WIDE_FRAME : FRAME;
  const { x, slotPx } = slotsOf(boxes.length, frame);
  const values = boxes.flatMap(({ quartiles: { min, max } }) => [min, max]);
  const y = createLinearScale({
    domain: domainOf(level === undefined ? values : [...values, level]),
    range: plotY(frame),
    tickCount: 5,
  });
  return (
    <ChartFrame
      {...{ title, description, x, y, yAxis, frame, note }}
      xAxis={{ label: xLabel, format: (at) => boxes[at]?.name ?? '' }}
      data={{
        columns: [xLabel, 'least', 'lower quartile', 'median', 'upper quartile', 'greatest', 'mean', 'n'],
        rows: boxes.map(({ name, quartiles: { min, lower, median, upper, max, mean, n } }) => [
          name,
          ...[min, lower, median, upper, max, mean].map(yAxis.format),
          n,
        ]),
      }}
    >
      {level !== undefined && (
        <line
          className={styles.level}
          x1={frame.left}
          x2={frame.width - frame.right}
          y1={y(level)}
          y2={y(level)}
        />
      )}
      {boxes.map((box, at) => (
        <BoxMark
          key={box.name}
          box={box}
          left={x(at)}
          half={Math.max(1, Math.min(MAX_BOX_PX, slotPx * 0.7) / 2)}
          {...{ y, yAxis, frame }}
        />
      ))}
    </ChartFrame>
  );
}

/** Each box in the middle of a slot of its own; names only as often as they fit. */
function slotsOf(count: number, frame: Frame): { readonly x: Scale; readonly slotPx: number } {
  const [from, to] = plotX(frame);
  const slotPx = (to - from) / Math.max(1, count);
  const every = Math.max(1, Math.ceil(NAME_PX / slotPx));
  const ticks = Array.from({ length: count }, (_, at) => at).filter((at) => at % every === 0);
  return { x: Object.assign((at: number) => from + (at + 0.5) * slotPx, { ticks }), slotPx };
}

interface BoxMarkProps {
  readonly box: Box;
  readonly left: number;
  /** Of the box's width. */
  readonly half: number;
  readonly y: Scale;
  readonly yAxis: AxisText;
  readonly frame: Frame;
}

function BoxMark({
  box: { name, quartiles, colour = 'steering' },
  left,
  half,
  y,
  yAxis,
  frame,
}: BoxMarkProps) {
  const { min, lower, median, upper, max, mean, n } = quartiles;
  const f = yAxis.format;
  const anchor = left > frame.width * 0.7 ? 'end' : left < frame.width * 0.3 ? 'start' : 'middle';
  return (
    <g className={styles.box} style={{ color: `var(--${colour})` }} tabIndex={0} data-box>
      <title>{`${name}: median ${f(median)}, half of ${n} within ${f(lower)} to ${f(upper)}, all within ${f(min)} to ${f(max)}, mean ${f(mean)}`}</title>
      <rect
        className={styles.target}
        x={left - half - 2}
        width={2 * half + 4}
        y={y(max) - 4}
        height={y(min) - y(max) + 8}
      />
      <path
        className={styles.whisker}
        d={`M${left} ${y(max)}V${y(upper)}M${left} ${y(lower)}V${y(min)}M${left - half / 2} ${y(max)}h${half}M${left - half / 2} ${y(min)}h${half}`}
      />
      <rect
        className={styles.body}
        x={left - half}
        width={2 * half}
        y={y(upper)}
        height={Math.max(1, y(lower) - y(upper))}
      />
      <path className={styles.median} d={`M${left - half} ${y(median)}h${2 * half}`} />
      <circle className={styles.mean} cx={left} cy={y(mean)} r={Math.min(2.5, half)} />
      <text className={styles.value} x={left} y={y(max) - 6} textAnchor={anchor}>
        {`${f(median)} (${f(lower)} to ${f(upper)})`}
      </text>
    </g>
  );
}
