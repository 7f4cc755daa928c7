/** A token in its context on one line, cut at both ends: what fits a row of a list. No interaction. */
import { Piece } from './piece.tsx';
import { excerptAround, mergePlain, type TokenPart } from './token-pieces.ts';
import styles from './token-line.module.css';

export interface TokenLineProps {
  readonly tokens: readonly TokenPart[];
  /** Position of the token to show. */
  readonly position: number;
  readonly maxAct: number;
}

/** Enough to fill the widest column; the rest is cut by the row. */
const TOKENS_BEFORE = 8;
const TOKENS_AFTER = 12;

export function TokenLine({ tokens, position, maxAct }: TokenLineProps) {
  const around = tokens.slice(Math.max(0, position - TOKENS_BEFORE), position + TOKENS_AFTER);
  const parts = excerptAround(around, Math.min(position, TOKENS_BEFORE), { before: 0, after: 0 });
  const before = mergePlain(parts.before);
  const after = mergePlain([...parts.middle, ...parts.after]);
  return (
    <span className={styles.line} data-line dir="auto">
      <span className={styles.before}>
        <bdi>
          {before.map((piece, at) => (
            <Piece key={at} piece={piece} maxAct={maxAct} />
          ))}
        </bdi>
      </span>
      <span className={styles.after}>
        <bdi>
          {after.map((piece, at) => (
            <Piece key={at} piece={piece} maxAct={maxAct} />
          ))}
        </bdi>
      </span>
    </span>
  );
}
