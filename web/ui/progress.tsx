/** How far something is, as a line and as words. */
import styles from './progress.module.css';

export interface ProgressProps {
  readonly done: number;
  readonly total: number;
  readonly label: string;
}

export function Progress({ done, total, label }: ProgressProps) {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  return (
    <div
      className={styles.progress}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
      data-unknown={total > 0 ? undefined : true}
    >
      <div style={{ width: `${share * 100}%` }} />
    </div>
  );
}
