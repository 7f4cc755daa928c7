/** The table behind a picture. */
import styles from './show-data.module.css';

export interface ShowDataProps {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly summary?: string;
}

/** More rows than this and a page is no place for them: the API is. */
const MAX_ROWS = 500;

export function ShowData({ columns, rows, summary = 'show data' }: ShowDataProps) {
  return (
    <details className={styles.data}>
      <summary>{summary}</summary>
      <div className={styles.scroll} tabIndex={0} role="region" aria-label={summary}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col" className="number">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MAX_ROWS).map((row, index) => (
              <tr key={index}>
                {row.map((cell, at) => (
                  <td key={at} className="number">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length > MAX_ROWS && (
          <p className="muted small">
            The first {MAX_ROWS} of {rows.length} rows; the API has them all.
          </p>
        )}
      </div>
    </details>
  );
}
