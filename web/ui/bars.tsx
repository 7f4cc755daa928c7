/** Named values as horizontal bars: tokens and their logits, corpora and their rates. A list first, a picture second. */
import type { ReactNode } from 'react';
import styles from './bars.module.css';

export interface Bar {
  readonly key: string | number;
  readonly name: ReactNode;
  readonly value: number;
  readonly text: string;
  /** The fine print under the pointer. */
  readonly title?: string;
}

export interface BarsProps {
  readonly bars: readonly Bar[];
  /** The value of a full bar; several lists share it to be comparable. */
  readonly full?: number;
  readonly colour?: 'base' | 'boosted' | 'positive' | 'negative' | 'muted';
  readonly label: string;
}

export function Bars({ bars, full, colour = 'base', label }: BarsProps) {
  const whole = full ?? Math.max(0, ...bars.map((bar) => Math.abs(bar.value)));
  return (
    <ol className={styles.bars} aria-label={label} style={{ color: `var(--${colour})` }}>
      {bars.map((bar) => (
        <li key={bar.key} title={bar.title}>
          <span className={styles.name}>{bar.name}</span>
          <span className={styles.value}>{bar.text}</span>
          <span
            className={styles.bar}
            data-nothing={bar.value === 0 || undefined}
            style={{ width: `${whole > 0 ? Math.min(100, (Math.abs(bar.value) / whole) * 100) : 0}%` }}
            aria-hidden
          />
        </li>
      ))}
    </ol>
  );
}
