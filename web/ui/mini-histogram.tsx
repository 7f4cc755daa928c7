/** A histogram 40 pixels wide: a shape to scan down a list, no axis. */
export interface MiniHistogramProps {
  readonly counts: readonly number[];
  readonly label: string;
}

const WIDTH = 40;
const HEIGHT = 16;
const BARS = 20;

export function MiniHistogram({ counts, label }: MiniHistogramProps) {
  const bars = regroup(counts, BARS);
  const peak = Math.sqrt(Math.max(1, ...bars));
  return (
    <svg
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={label}
      style={{ color: 'var(--base)' }}
    >
      {bars.map((count, at) => {
        const height = count > 0 ? Math.max(1, (Math.sqrt(count) / peak) * HEIGHT) : 0;
        return (
          <rect key={at} x={at * 2} y={HEIGHT - height} width={1.5} height={height} fill="currentColor" />
        );
      })}
      <line x1={0} x2={WIDTH} y1={HEIGHT - 0.25} y2={HEIGHT - 0.25} stroke="var(--rule)" strokeWidth={0.5} />
    </svg>
  );
}

/** Sums neighbouring bins so that at most `bars` are left. */
export function regroup(counts: readonly number[], bars: number): number[] {
  if (counts.length <= bars) return [...counts];
  const sums = new Array<number>(bars).fill(0);
  counts.forEach((count, at) => (sums[Math.floor((at * bars) / counts.length)] += count));
  return sums;
}
