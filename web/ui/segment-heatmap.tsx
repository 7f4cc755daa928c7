/**
 * Tokens of a prompt tinted by a signed number each, underlined by the part of the prompt they belong to. The token under
 * the pointer says its number in the line above. Works without JavaScript.
 */
import { tint } from './heat-grid.tsx';
import { ShowData } from './show-data.tsx';
import { drawWhitespace } from './token-text.tsx';
import styles from './segment-heatmap.module.css';

export type SegmentName = 'system' | 'role' | 'question' | 'assistant';

export interface SegmentToken {
  readonly text: string;
  readonly segment: SegmentName;
  readonly value: number;
}

export interface SegmentHeatmapProps {
  readonly label: string;
  readonly tokens: readonly SegmentToken[];
  /** The value of the deepest tint: the same for every prompt that is to be compared. */
  readonly full: number;
  readonly format: (value: number) => string;
}

export function SegmentHeatmap({ label, tokens, full, format }: SegmentHeatmapProps) {
  return (
    <figure className={styles.figure}>
      <div className={styles.text} role="group" aria-label={label} dir="auto">
        {tokens.map(({ text, segment, value }, at) => (
          <span
            key={at}
            className={styles.token}
            data-segment={segment}
            data-tip={`${drawWhitespace(text)}   ${format(value)}   ${segment}`}
            style={{ background: tint(value, full) }}
          >
            {text}
          </span>
        ))}
      </div>
      <ShowData
        columns={['token', 'segment', 'scale']}
        rows={tokens.map(({ text, segment, value }) => [drawWhitespace(text), segment, format(value)])}
      />
    </figure>
  );
}

/** What underline means what, and the deepest tints with their numbers. */
export function SegmentLegend({
  segments,
  full,
  format,
}: Pick<SegmentHeatmapProps, 'full' | 'format'> & { readonly segments: readonly SegmentName[] }) {
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
