'use client';
/** A heat map cut to what surrounds its strongest token, with the rest of its window one touch away. */
import { useState, type ReactNode } from 'react';
import { TokenHeatmap } from './token-heatmap.tsx';
import type { Excerpt } from './token-pieces.ts';
import styles from './token-excerpt.module.css';

export interface TokenExcerptProps {
  readonly excerpt: Excerpt;
  readonly maxAct: number;
  readonly budget: number;
  /** Where the text comes from. */
  readonly source: ReactNode;
  readonly label: string;
}

export function TokenExcerpt({ excerpt, maxAct, budget, source, label }: TokenExcerptProps) {
  const [isWhole, setWhole] = useState(false);
  const { before, middle, after } = excerpt;
  const isCut = before.length + after.length > 0;
  const pieces = isWhole ? [...before, ...middle, ...after] : middle;
  return (
    <div className={styles.excerpt}>
      <TokenHeatmap pieces={pieces} maxAct={maxAct} budget={budget} label={label} />
      <div className={styles.source}>
        {source}
        {isCut && (
          <button
            type="button"
            className={styles.more}
            aria-expanded={isWhole}
            onClick={() => setWhole(!isWhole)}
          >
            {isWhole ? 'less' : 'more context'}
          </button>
        )}
      </div>
    </div>
  );
}
