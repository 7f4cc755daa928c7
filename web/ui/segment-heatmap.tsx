'use client';
/**
 * Tokens of a prompt tinted by a signed number each, underlined by the part of the prompt they belong to. The token under
 * the pointer, or the one that arrow keys stand at, says its number in the line above. Reads without JavaScript.
 */
import { useState, type KeyboardEvent } from 'react';
import { tint } from './heat-grid.tsx';
import { ShowData } from './show-data.tsx';
import { drawWhitespace } from './token-text.tsx';
import styles from './segment-heatmap.module.css';

export type SegmentName = 'system' | 'role' | 'question' | 'assistant';

export interface SegmentToken {
  readonly text: string;
  readonly segment: SegmentName;
  readonly value: number;
  /** The value as it is read. */
  readonly label: string;
}

export interface SegmentHeatmapProps {
  readonly label: string;
  readonly tokens: readonly SegmentToken[];
  /** The value of the deepest tint: the same for every prompt that is to be compared. */
  readonly full: number;
}

const tipOf = ({ text, segment, label }: SegmentToken) => `${drawWhitespace(text)}   ${label}   ${segment}`;

export function SegmentHeatmap({ label, tokens, full }: SegmentHeatmapProps) {
  const [at, setAt] = useState<number | null>(null);
  const walk = (event: KeyboardEvent) => {
    if (event.key === 'Escape') return setAt(null);
    const next = neighbourOf(at, tokens.length, event.key);
    if (next === null) return;
    event.preventDefault();
    setAt(next);
  };
  return (
    <figure className={styles.figure}>
      <div
        className={styles.text}
        role="group"
        aria-label={`${label}; arrow keys walk the tokens`}
        dir="auto"
        tabIndex={0}
        onKeyDown={walk}
        onBlur={() => setAt(null)}
      >
        {tokens.map((token, index) => (
          <span
            key={index}
            className={styles.token}
            data-segment={token.segment}
            data-tip={tipOf(token)}
            data-current={index === at || undefined}
            style={{ background: tint(token.value, full) }}
          >
            {token.text}
          </span>
        ))}
      </div>
      <span role="status" className="visually-hidden">
        {at !== null && tokens[at] && tipOf(tokens[at])}
      </span>
      <ShowData
        columns={['token', 'segment', 'scale']}
        rows={tokens.map(({ text, segment, label: value }) => [drawWhitespace(text), segment, value])}
      />
    </figure>
  );
}

/** The token to stand at next; null when the key is not ours or there is none. */
function neighbourOf(at: number | null, count: number, key: string): number | null {
  if (count === 0) return null;
  switch (key) {
    case 'ArrowRight':
      return at === null ? 0 : Math.min(count - 1, at + 1);
    case 'ArrowLeft':
      return at === null ? count - 1 : Math.max(0, at - 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
