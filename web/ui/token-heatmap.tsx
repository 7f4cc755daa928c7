'use client';
/**
 * Text as it was, its tokens as marks whose depth is the act. Hover, touch or arrow keys give token, act, budget and rank.
 * Copies as plain text; safe for right-to-left scripts.
 */
import { useRef, useState, type ClipboardEvent, type KeyboardEvent, type SyntheticEvent } from 'react';
import { formatValue } from './numbers.ts';
import { Piece } from './piece.tsx';
import type { PackedPiece, TokenPiece } from './token-pieces.ts';
import { drawWhitespace } from './token-text.tsx';
import { useWhitespace } from './whitespace.tsx';
import styles from './token-heatmap.module.css';

export interface TokenHeatmapProps {
  readonly pieces: readonly PackedPiece[];
  /** Act of the deepest step: the same for every heat map that is to be compared. */
  readonly maxAct: number;
  readonly budget: number;
  readonly label?: string;
  /** Act of the widest underline, where there is a second layer. */
  readonly maxBoostedAct?: number;
}

interface Tip {
  readonly at: number;
  readonly left: number;
  readonly top: number;
  /** 0 at the left edge, 100 at the right one: the tip slides so that it never leaves the text. */
  readonly shiftPercent: number;
}

export function TokenHeatmap(props: TokenHeatmapProps) {
  const { pieces, maxAct, budget, label = 'Text with acts', maxBoostedAct } = props;
  const marks = useWhitespace();
  const text = useRef<HTMLDivElement>(null);
  const [tip, setTip] = useState<Tip | null>(null);

  const point = (at: number | null) => setTip(at === null || !text.current ? null : place(text.current, at));
  const follow = (event: SyntheticEvent) => point(positionOf(event.target));
  const walk = (event: KeyboardEvent) => {
    if (event.key === 'Escape') return point(null);
    const next = neighbourOf(pieces, tip?.at ?? -1, event.key);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation(); // the page's own arrow keys walk features
    point(next);
  };

  return (
    <div
      ref={text}
      className={styles.text}
      dir="auto"
      tabIndex={0}
      role="group"
      aria-label={`${label}; arrow keys walk the tokens that act`}
      data-marks={marks || undefined}
      data-layers={maxBoostedAct !== undefined || undefined}
      onPointerOver={follow}
      onClick={follow}
      onPointerLeave={() => point(null)}
      onBlur={() => point(null)}
      onKeyDown={walk}
      onCopy={copyPlain}
    >
      {pieces.map((piece, at) => (
        <Piece key={at} piece={piece} at={at} active={tip?.at === at} {...{ maxAct, maxBoostedAct, marks }} />
      ))}
      {tip && pieces[tip.at] !== undefined && (
        <span
          role="status"
          className={styles.tip}
          style={{ left: tip.left, top: tip.top, translate: `-${tip.shiftPercent}% -100%` }}
        >
          <TipText piece={pieces[tip.at]} budget={budget} />
        </span>
      )}
    </div>
  );
}

function TipText({ piece, budget }: { readonly piece: PackedPiece; readonly budget: number }) {
  const token: Partial<TokenPiece> & { text: string } = typeof piece === 'string' ? { text: piece } : piece;
  return (
    <>
      <bdi>
        <code>{drawWhitespace(token.text)}</code>
      </bdi>{' '}
      {token.act ? (
        <>
          <b>{formatValue(token.act)}</b>
          {token.rank != null && ` · rank ${token.rank + 1} of ${budget}`}
        </>
      ) : (
        `no act at budget ${budget}`
      )}
      {token.boostedAct ? ` · boosted ${formatValue(token.boostedAct)}` : ''}
      {token.bytes && ` · bytes ${token.bytes.join(' ')}`}
      {token.notes?.map((note, at) => (
        <span key={at} className={styles.note}>
          {note}
        </span>
      ))}
    </>
  );
}

function positionOf(target: EventTarget): number | null {
  const mark = (target as Element).closest('[data-at]');
  return mark ? Number(mark.getAttribute('data-at')) : null;
}

function place(text: HTMLElement, at: number): Tip | null {
  const mark = text.querySelector(`[data-at="${at}"]`);
  if (!mark) return null;
  const box = text.getBoundingClientRect();
  const rect = mark.getClientRects()[0] ?? mark.getBoundingClientRect();
  const left = rect.left + rect.width / 2 - box.left;
  return {
    at,
    left,
    top: rect.top - box.top - 4,
    shiftPercent: box.width > 0 ? (left / box.width) * 100 : 0,
  };
}

/** The next acting piece in reading order; null when the key is not ours or there is none. */
function neighbourOf(pieces: readonly PackedPiece[], at: number, key: string): number | null {
  const acting = pieces.flatMap((piece, index) =>
    typeof piece !== 'string' && (piece.act > 0 || piece.boostedAct) ? [index] : [],
  );
  if (acting.length === 0) return null;
  switch (key) {
    case 'ArrowRight':
      return acting.find((index) => index > at) ?? acting[0];
    case 'ArrowLeft':
      return acting.findLast((index) => index < at) ?? acting[acting.length - 1];
    case 'Home':
      return acting[0];
    case 'End':
      return acting[acting.length - 1];
    default:
      return null;
  }
}

/** The raw text of the selection: collapsed line breaks come back, drawn glyphs stay out. */
function copyPlain(event: ClipboardEvent) {
  const selection = window.getSelection();
  if (!selection || selection.isCollapsed) return;
  const copied = selection.getRangeAt(0).cloneContents();
  for (const tip of copied.querySelectorAll('[role="status"]')) tip.remove();
  event.clipboardData.setData('text/plain', copied.textContent ?? '');
  event.preventDefault();
}
