/** The question a script would ask to get what is on the page: as GraphQL and as one curl line. */
import { CopyButton } from './copy-button.tsx';
import styles from './script-this.module.css';

export interface ScriptThisProps {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly endpoint: string;
  /** What the query returns, where a page has several. */
  readonly what?: string;
}

export function ScriptThis({ query, variables, endpoint, what = 'this page' }: ScriptThisProps) {
  const tidy = query.trim();
  const curl = curlLine(endpoint, tidy, variables);
  return (
    <details className={styles.script}>
      <summary>script {what}</summary>
      <div className={styles.body}>
        <h3>GraphQL</h3>
        <pre tabIndex={0}>
          <code>{tidy}</code>
        </pre>
        <h3>Variables</h3>
        <pre tabIndex={0}>
          <code>{JSON.stringify(given(variables), null, 2)}</code>
        </pre>
        <p className={styles.actions}>
          <CopyButton text={curl}>Copy as curl</CopyButton>{' '}
          <CopyButton text={tidy}>Copy the query</CopyButton>
        </p>
        <details>
          <summary>curl</summary>
          <pre tabIndex={0}>
            <code>{curl}</code>
          </pre>
        </details>
      </div>
    </details>
  );
}

/** One line for a POSIX shell; a quote inside the query closes the string, escapes itself and opens it again. */
export function curlLine(
  endpoint: string,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): string {
  const body = JSON.stringify({ query: query.replace(/\s+/g, ' ').trim(), variables: given(variables) });
  return `curl -s '${endpoint}' -H 'content-type: application/json' -d '${body.replaceAll("'", `'\\''`)}'`;
}

/** What was not asked for is left out. */
function given(variables: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== null),
  );
}
