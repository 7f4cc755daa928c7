/** The act scale with its numbers. */
import { ACT_STEPS, actEdges } from './act-scale.ts';
import { formatValue } from './numbers.ts';
import { Piece } from './piece.tsx';
import styles from './act-legend.module.css';

export interface ActLegendProps {
  readonly maxAct: number;
  /** The scale of the base under a second layer. */
  readonly isLayer?: boolean;
}

export function ActLegend({ maxAct, isLayer }: ActLegendProps) {
  const edges = actEdges(maxAct);
  return (
    <span
      className={styles.legend}
      role="img"
      aria-label={`Act scale from 0 to ${formatValue(maxAct)}`}
      data-layers={isLayer || undefined}
    >
      <span className={styles.word}>act 0</span>
      <span className={styles.steps} aria-hidden>
        {edges.map((edge, step) => (
          <Piece
            key={step}
            piece={{ text: '  ', act: edge, rank: null, index: 0 }}
            maxAct={edges[ACT_STEPS - 1]}
          />
        ))}
      </span>
      <span className={styles.word}>{formatValue(maxAct)}</span>
    </span>
  );
}
