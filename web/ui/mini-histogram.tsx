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
  // The rarest act is still a pixel high.
  const heights = bars.map((count) => (count > 0 ? Math.max(1, (Math.sqrt(count) / peak) * HEIGHT) : 0));
  return (
    <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <path d={`M0 ${HEIGHT - 0.25}h${WIDTH}`} stroke="var(--rule)" strokeWidth={0.5} />
      <path d={heights.map(drawBar).join('')} fill="var(--base)" />
    </svg>
  );
}

function drawBar(height: number, at: number): string {
  return height > 0 ? `M${at * 2} ${HEIGHT}v${-Math.round(height * 10) / 10}h1.5V${HEIGHT}z` : '';
}

/** Sums neighbouring bins so that at most `bars` are left. */
export function regroup(counts: readonly number[], bars: number): number[] {
  if (counts.length <= bars) return [...counts];
  const sums = new Array<number>(bars).fill(0);
  counts.forEach((count, at) => (sums[Math.floor((at * bars) / counts.length)] += count));
  return sums;
}
