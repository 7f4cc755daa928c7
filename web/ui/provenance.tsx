/** Where a page's numbers come from: one line, expandable to everything needed to make them again. */
import { CopyButton } from './copy-button.tsx';
import { Facts } from './facts.tsx';
import styles from './provenance.module.css';

export interface ProvenanceProps {
  /** The short form: model, tokens, commit. */
  readonly line: string;
  /** Every field by its API name. */
  readonly record: Readonly<Record<string, unknown>>;
  /** The command line that makes it again. */
  readonly command: string;
}

export function Provenance({ line, record, command }: ProvenanceProps) {
  const { command: _command, config, ...fields } = record;
  return (
    <details className={styles.provenance}>
      <summary>
        <span className={styles.word}>provenance</span> {line}
      </summary>
      <div className={styles.body}>
        <h3>Made by</h3>
        <pre tabIndex={0}>
          <code>{command}</code>
        </pre>
        <Facts
          facts={Object.entries(fields).map(([name, value]) => ({ name: spaced(name), value: shown(value) }))}
        />
        {config != null && (
          <>
            <h3>Config</h3>
            <pre tabIndex={0}>
              <code>{JSON.stringify(config, null, 2)}</code>
            </pre>
          </>
        )}
        <p className={styles.actions}>
          <CopyButton text={JSON.stringify(record, null, 2)}>Copy as JSON</CopyButton>{' '}
          <CopyButton text={command}>Copy the command</CopyButton>
        </p>
      </div>
    </details>
  );
}

/** modelSha256 → model sha256 */
function spaced(name: string): string {
  return name.replace(/([A-Z])/g, ' $1').toLowerCase();
}

function shown(value: unknown): string {
  if (value == null || value === '') return '–';
  if (typeof value !== 'object') return String(value);
  const list = Array.isArray(value) ? value : [value];
  return list.map(describe).join('; ');
}

function describe(item: unknown): string {
  if (item === null || typeof item !== 'object') return String(item);
  return Object.entries(item)
    .map(
      ([name, value]) =>
        `${spaced(name)} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
    )
    .join(', ');
}
