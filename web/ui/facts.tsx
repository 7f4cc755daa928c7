/** Names and values in two columns. */
import type { ReactNode } from 'react';
import styles from './facts.module.css';

export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
  /** The formula or meaning behind the number. */
  readonly title?: string;
}

export function Facts({ facts, row }: { readonly facts: readonly Fact[]; readonly row?: boolean }) {
  return (
    <dl className={row ? styles.row : styles.facts}>
      {facts.map((fact) => (
        <div key={fact.name} title={fact.title}>
          <dt>{fact.name}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
