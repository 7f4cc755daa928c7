/** Ways into what was measured: boosts, budgets, dictionaries compared, layers that read layers, vectors that steer. */
import Link from 'next/link';
import type { DictionaryLineFragment } from '../../graphql/generated/graphql.ts';
import { boostHref, dictionaryHref } from '../../ui/address.ts';
import { formatCount } from '../../ui/numbers.ts';
import { firstOfDomains } from '../boost-page/siblings.ts';
import styles from './findings.module.css';

export interface FindingsProps {
  readonly dictionaries: readonly DictionaryLineFragment[];
  /** Studies of LIMe that are here. */
  readonly studyCount: number;
  /** Sets of steering vectors that are here. */
  readonly vectorCount: number;
}

export function Findings({ dictionaries, studyCount, vectorCount }: FindingsProps) {
  if (dictionaries.length === 0 && studyCount === 0 && vectorCount === 0) return null;
  const bases = [...new Set(dictionaries.flatMap(({ parent }) => parent?.slug ?? []))];
  // Other seeds of a boost are the same finding again.
  const boosts = bases.flatMap((base) => [
    ...firstOfDomains(dictionaries.filter(({ parent }) => parent?.slug === base)).values(),
  ]);
  return (
    <section aria-labelledby="findings">
      <h2 id="findings">What was found</h2>
      <ul className={styles.findings}>
        {boosts.map(({ slug, domain, parent, width }) => (
          <li key={slug}>
            <Link href={boostHref(slug)}>What the {domain ?? 'newest'} boost added</Link>
            <span className="muted">
              {formatCount(width)} features for {domain ?? 'more'} text beside{' '}
              <Link href={dictionaryHref(parent!.slug)}>{parent!.name}</Link>, each next to the nearest it had
            </span>
          </li>
        ))}
        {dictionaries.length > 0 && (
          <>
            <li>
              <Link href="/pareto">One dictionary for every budget</Link>
              <span className="muted">against dictionaries trained for one budget each</span>
            </li>
            <li>
              <Link href="/compare">Two dictionaries side by side</Link>
              <span className="muted">features found again, and those only in one</span>
            </li>
          </>
        )}
        <li>
          <Link href="/lime">Layers that read earlier layers</Link>
          <span className="muted">
            {studyCount > 0
              ? 'LIMe beside plain transformers: what routers read, what representations keep, what it costs'
              : 'LIMe beside plain transformers: nothing is measured yet'}
          </span>
        </li>
        <li>
          <Link href="/steering">A few hundred numbers that steer a model</Link>
          <span className="muted">
            {vectorCount > 0
              ? `${formatCount(vectorCount)} sets of vectors trained by reinforcement learning: what they gain, at which layer, through which path`
              : 'vectors trained by reinforcement learning: none is trained yet'}
          </span>
        </li>
      </ul>
    </section>
  );
}
