/** How a number is computed, one touch away from where it is named. Works without JavaScript. */
import type { ReactNode } from 'react';
import styles from './formula.module.css';

export function Formula({
  children,
  name = 'formula',
}: {
  readonly children: ReactNode;
  readonly name?: string;
}) {
  return (
    <details className={styles.formula}>
      <summary>{name}</summary>
      <div className={styles.body}>{children}</div>
    </details>
  );
}
