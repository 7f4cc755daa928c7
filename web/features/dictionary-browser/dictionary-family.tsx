/** What hangs together with a dictionary: its base, its boosts, what it was compared with, the run that made it. */
import Link from 'next/link';
import type { DictionaryPageQuery } from '../../graphql/generated/graphql.ts';
import { boostHref, compareHref, dictionaryHref } from '../../ui/address.ts';
import styles from './dictionary-family.module.css';

type Dictionary = NonNullable<DictionaryPageQuery['dictionary']>;

export function DictionaryFamily({ dictionary }: { readonly dictionary: Dictionary }) {
  const { slug, kind, run, parent, children, matchedDictionaries } = dictionary;
  return (
    <ul className={styles.family} aria-label="What hangs together with it">
      {parent && (
        <li>
          boosts <Link href={dictionaryHref(parent.slug)}>{parent.name}</Link>:{' '}
          <Link href={boostHref(slug)}>what it added, what it cost</Link>
        </li>
      )}
      {children.length > 0 && (
        <li>
          boosted for{' '}
          {children.map((child, at) => (
            <span key={child.slug}>
              {at > 0 && ', '}
              <Link href={boostHref(child.slug)}>{child.domain ?? child.name}</Link>
            </span>
          ))}
        </li>
      )}
      {matchedDictionaries.length > 0 && (
        <li>
          compared with{' '}
          {matchedDictionaries.map((other, at) => (
            <span key={other.slug}>
              {at > 0 && ', '}
              <Link href={compareHref(slug, other.slug)}>{other.name}</Link>
            </span>
          ))}
        </li>
      )}
      {kind === 'HIERARCHICAL_TOPK' && !parent && (
        <li>
          <Link href="/pareto">against one dictionary per budget</Link>
        </li>
      )}
      {run && (
        <li>
          made by the run <Link href={`/runs/${run.slug}`}>{run.name || run.slug}</Link>
        </li>
      )}
    </ul>
  );
}
