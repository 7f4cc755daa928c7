/** The key to prompts tinted token by token: which underline is which part, and the deepest tints with their numbers. */
import { tint } from './heat-grid.tsx';
import type { SegmentName } from './segment-heatmap.tsx';
import styles from './segment-heatmap.module.css';

export interface SegmentLegendProps {
  readonly segments: readonly SegmentName[];
  /** The value of the deepest tint. */
  readonly full: number;
  readonly format: (value: number) => string;
}

export function SegmentLegend({ segments, full, format }: SegmentLegendProps) {
  return (
    <p className={styles.legend}>
      {segments.map((segment) => (
        <span key={segment} className={styles.token} data-segment={segment}>
          {segment}
        </span>
      ))}
      <span>
        tint from <span style={{ background: tint(-1, 1) }}>&nbsp;{format(-full)}&nbsp;</span> over 0 to{' '}
        <span style={{ background: tint(1, 1) }}>&nbsp;{format(full)}&nbsp;</span>
      </span>
    </p>
  );
}
