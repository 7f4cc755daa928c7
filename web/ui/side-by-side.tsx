/** Two texts that begin alike, beside each other: what they share stands back, the word where they part is marked. */
import type { ReactNode } from 'react';
import { partTexts, type Parted } from './part-texts.ts';
import styles from './side-by-side.module.css';

export interface Side {
  readonly name: string;
  /** A data colour of the palette. */
  readonly colour: 'base' | 'steering' | 'boosted';
  readonly text: string;
  /** What is to be said of the text: right or wrong, cut. */
  readonly verdict: ReactNode;
}

export function SideBySide({ left, right }: { readonly left: Side; readonly right: Side }) {
  const parted = partTexts(left.text, right.text);
  return (
    <div className={styles.sides}>
      <Text side={left} shared={parted.shared} parted={parted.left} />
      <Text side={right} shared={parted.shared} parted={parted.right} />
    </div>
  );
}

interface TextProps {
  readonly side: Side;
  readonly shared: string;
  readonly parted: Parted | null;
}

function Text({ side: { name, colour, verdict }, shared, parted }: TextProps) {
  return (
    <div className={styles.side} style={{ color: `var(--${colour})` }}>
      <div className={styles.head}>
        <span className={styles.name}>{name}</span>
        <span className={styles.verdict}>{verdict}</span>
      </div>
      <p className={styles.text} dir="auto">
        {parted ? (
          <>
            <span className={styles.shared}>{shared}</span>
            <mark className={styles.mark} data-ended={parted.mark === '' || undefined}>
              {parted.mark}
            </mark>
            {parted.rest}
          </>
        ) : (
          shared
        )}
      </p>
    </div>
  );
}

/** Said by sign and word, so that it needs no colour. */
export function RightOrWrong({ isCorrect }: { readonly isCorrect: boolean }) {
  return <span className={isCorrect ? styles.right : styles.wrong}>{isCorrect ? '✓ right' : '✗ wrong'}</span>;
}
