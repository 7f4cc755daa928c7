/** A matrix of signed values as a table whose cells are tinted: cool below zero, warm above. The numbers are in the cells. */
import type { ReactNode } from 'react';
import { ShowData, type ShowDataProps } from './show-data.tsx';
import styles from './heat-grid.module.css';

export interface HeatCell {
  /** What the tint says; null where nothing was measured. */
  readonly value: number | null;
  readonly text: ReactNode;
  readonly title?: string;
}

export interface HeatGridProps {
  readonly label: string;
  /** What the rows are, said in the corner. */
  readonly corner: string;
  readonly columns: readonly { readonly key: string; readonly name: ReactNode }[];
  readonly rows: readonly {
    readonly key: string;
    readonly name: ReactNode;
    readonly cells: readonly HeatCell[];
  }[];
  readonly legend: ReactNode;
  readonly data: ShowDataProps;
}

/** The deepest tint still lets ink be read in light and dark. */
const DEEPEST_PERCENT = 42;

export function HeatGrid({ label, corner, columns, rows, legend, data }: HeatGridProps) {
  const full = Math.max(0, ...rows.flatMap(({ cells }) => cells.map(({ value }) => Math.abs(value ?? 0))));
  return (
    <figure className={styles.figure}>
      <div className="scroll" tabIndex={0} role="region" aria-label={label}>
        <table className={styles.grid}>
          <thead>
            <tr>
              <th scope="col">{corner}</th>
              {columns.map(({ key, name }) => (
                <th key={key} scope="col" className="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, name, cells }) => (
              <tr key={key}>
                <th scope="row">{name}</th>
                {cells.map(({ value, text, title }, at) => (
                  <td key={columns[at].key} title={title} style={{ background: tint(value, full) }}>
                    {text}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <figcaption className={styles.legend}>{legend}</figcaption>
      <ShowData {...data} />
    </figure>
  );
}

export function tint(value: number | null, full: number): string | undefined {
  if (value === null || full === 0 || value === 0) return undefined;
  const percent = Math.round((Math.abs(value) / full) * DEEPEST_PERCENT);
  return `color-mix(in oklab, var(--${value > 0 ? 'positive' : 'negative'}) ${percent}%, transparent)`;
}
