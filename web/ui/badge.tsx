/** What a dictionary is to another: a base, or a boost for a domain. In the colour both have everywhere. */
import styles from './badge.module.css';

export function Badge({ domain, isBoost }: { readonly domain: string | null; readonly isBoost: boolean }) {
  return (
    <span className={styles.badge} style={{ color: isBoost ? 'var(--boosted)' : 'var(--base)' }}>
      {isBoost ? (domain ? `boost: ${domain}` : 'boost') : 'base'}
    </span>
  );
}
