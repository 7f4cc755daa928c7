/** Counts in equal bins. Heights are square roots, said on the axis: acts are heavy-tailed and the tail is what matters. */
import type { ReactNode } from 'react';
import { ChartFrame, FRAME, PLOT_X, PLOT_Y } from './chart-frame.tsx';
import { formatCount, formatLarge, formatValue } from './numbers.ts';
import { createLinearScale } from './scale.ts';
import styles from './histogram.module.css';

export interface HistogramProps {
  readonly title: string;
  readonly counts: readonly number[];
  readonly lower: number;
  readonly upper: number;
  readonly xLabel: string;
  /** What is counted. */
  readonly counted?: string;
  readonly colour?: 'base' | 'boosted' | 'muted';
  readonly note?: ReactNode;
}

export function Histogram(props: HistogramProps) {
  const { title, counts, lower, upper, xLabel, counted = 'tokens', colour = 'base', note } = props;
  const peak = Math.max(1, ...counts);
  const x = createLinearScale({ domain: [lower, upper], range: PLOT_X });
  const roots = createLinearScale({ domain: [0, Math.sqrt(peak)], range: PLOT_Y });
  const y = Object.assign((count: number) => roots(Math.sqrt(count)), { ticks: rootTicks(peak) });
  const width = (upper - lower) / Math.max(1, counts.length);
  const bins = counts.map((count, at) => ({ count, from: lower + at * width, to: lower + (at + 1) * width }));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return (
    <ChartFrame
      title={title}
      description={`${title}: ${formatCount(total)} ${counted === 'tokens' ? 'acts' : counted} in ${counts.length} bins from ${formatValue(lower)} to ${formatValue(upper)}`}
      x={x}
      y={y}
      xAxis={{ label: xLabel, format: formatValue }}
      yAxis={{ label: `${counted}, square-root scale`, format: formatLarge }}
      note={note}
      data={{
        columns: ['from', 'to', counted],
        rows: bins.map((bin) => [formatValue(bin.from), formatValue(bin.to), formatCount(bin.count)]),
      }}
    >
      {bins.map((bin, at) => (
        <g key={at} className={styles.bin} style={{ color: `var(--${colour})` }}>
          <rect
            className={styles.target}
            x={x(bin.from)}
            y={FRAME.top}
            width={x(bin.to) - x(bin.from)}
            height={PLOT_Y[0] - FRAME.top}
          />
          <rect
            className={styles.bar}
            x={x(bin.from) + 0.5}
            y={y(bin.count)}
            width={Math.max(0.5, x(bin.to) - x(bin.from) - 1)}
            height={PLOT_Y[0] - y(bin.count)}
          />
          <text className={styles.value} x={FRAME.width - FRAME.right} y={FRAME.top + 4} textAnchor="end">
            {`${formatCount(bin.count)} ${counted}, ${xLabel} ${formatValue(bin.from)}–${formatValue(bin.to)}`}
          </text>
        </g>
      ))}
    </ChartFrame>
  );
}

/** Zero, a quarter and a half of the height, and the top, each down to one digit. */
function rootTicks(peak: number): number[] {
  const rounded = [peak / 16, peak / 4, peak].filter((value) => value >= 1).map(floorToOneDigit);
  return [...new Set([0, ...rounded])];
}

function floorToOneDigit(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return Math.floor(value / power) * power;
}
