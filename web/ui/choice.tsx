/** One of a few ways to see the same thing, each with an address: links, the present one marked. */
import Link from 'next/link';
import styles from './choice.module.css';

export interface ChoiceProps {
  /** What is chosen. */
  readonly name: string;
  readonly options: readonly {
    readonly key: string;
    readonly name: string;
    readonly href: string;
    readonly title?: string;
  }[];
  readonly current: string;
}

export function Choice({ name, options, current }: ChoiceProps) {
  return (
    <nav className={styles.choice} aria-label={name}>
      <span className={styles.name}>{name}</span>
      {options.map((option) => (
        <Link
          key={option.key}
          href={option.href}
          title={option.title}
          scroll={false}
          prefetch={false}
          aria-current={option.key === current ? 'true' : undefined}
        >
          {option.name}
        </Link>
      ))}
    </nav>
  );
}
