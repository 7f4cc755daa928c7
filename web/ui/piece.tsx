/** One mark of tokenised text: its ink, its step on the act scale, its whitespace. No state; used by every view of tokens. */
import { actStep } from './act-scale.ts';
import type { PackedPiece } from './token-pieces.ts';
import styles from './piece.module.css';

export interface PieceProps {
  readonly piece: PackedPiece;
  /** Act of the deepest step. */
  readonly maxAct: number;
  /** Act of the widest underline of the second layer; all are alike without it. */
  readonly maxBoostedAct?: number;
  /** Position for whoever listens; left out where nobody does. */
  readonly at?: number;
  readonly active?: boolean;
  /** Spaces and tabs drawn too. */
  readonly marks?: boolean;
}

/** Tokens that mark where a text ends or a turn begins. */
const SPECIAL = /^<\|[\w-]+\|>$/;

export function Piece({ piece, maxAct, maxBoostedAct, at, active, marks }: PieceProps) {
  const { text, act, boostedAct, bytes } = typeof piece === 'string' ? { text: piece, act: 0 } : piece;
  const step = actStep(act, maxAct);
  if (at === undefined && step === 0 && !boostedAct && !bytes) return withWhitespace(text, marks ?? false);
  const isFragment = bytes !== undefined && text.includes('\ufffd');
  return (
    <span
      data-at={at}
      data-step={step || undefined}
      data-active={active || undefined}
      data-boost={boostedAct && maxBoostedAct ? underlineStep(boostedAct, maxBoostedAct) : undefined}
      className={[styles.piece, boostedAct && styles.boosted, SPECIAL.test(text) && styles.special]
        .filter(Boolean)
        .join(' ')}
    >
      {isFragment ? (
        <span className={styles.bytes}>{bytes.join(' ')}</span>
      ) : (
        withWhitespace(text, marks ?? false)
      )}
    </span>
  );
}

/** 1 to 3: a third of the strongest act each. */
function underlineStep(act: number, maxAct: number): number {
  return Math.min(3, Math.max(1, Math.ceil((act / maxAct) * 3)));
}

function withWhitespace(text: string, marks: boolean) {
  const pattern = marks ? /(\r?\n|\t| +)/ : /(\r?\n)/;
  if (!pattern.test(text)) return text;
  return text
    .split(pattern)
    .filter((part) => part !== '')
    .map((part, at) => {
      const kind = part.endsWith('\n') ? styles.break : part === '\t' ? styles.tab : styles.space;
      return pattern.test(part) ? (
        <span key={at} className={kind}>
          {part}
        </span>
      ) : (
        part
      );
    });
}
