/** The stages something goes through, and which one it is in. */
import styles from './phases.module.css';

export function Phases({
  phases,
  current,
}: {
  readonly phases: readonly string[];
  readonly current: string;
}) {
  const at = phases.indexOf(current);
  if (phases.length === 0) return null;
  return (
    <ol className={styles.phases} aria-label="Phases">
      {phases.map((phase, index) => (
        <li key={phase} data-done={at > index || undefined} aria-current={at === index ? 'step' : undefined}>
          {at > index && '✓ '}
          {phase}
        </li>
      ))}
    </ol>
  );
}
