/** Features beside their likes in another dictionary: a page of pairs, every feature a link at its budget. */
import Link from 'next/link';
import type { MatchListQuery } from '../../graphql/generated/graphql.ts';
import { featureHref } from '../../ui/address.ts';
import { formatCount, formatPercent, formatShare } from '../../ui/numbers.ts';
import styles from './match-list.module.css';

type Matches = NonNullable<MatchListQuery['dictionary']>['matches'];
type Feature = Matches['nodes'][number]['feature'];

export interface Side {
  readonly slug: string;
  readonly name: string;
  readonly budget: number;
  readonly colour: 'base' | 'boosted';
}

export interface MatchListProps {
  readonly title: string;
  readonly note: string;
  readonly matches: Matches;
  readonly from: Side;
  readonly to: Side;
  /** Address of the rows after this cursor; of the first without one. */
  readonly href: (after?: string) => string;
  readonly isFirst: boolean;
}

export function MatchList({ title, note, matches, from, to, href, isFirst }: MatchListProps) {
  const { nodes, pageInfo, totalCount } = matches;
  return (
    <section className={styles.list}>
      <h2>{title}</h2>
      <p className="small muted">{note}</p>
      <table aria-label={title}>
        <thead>
          <tr>
            <th scope="col" className={styles.feature}>
              {from.name}
            </th>
            <th scope="col" className={styles.value}>
              value
            </th>
            <th scope="col" className={styles.feature}>
              likest in {to.name}
            </th>
          </tr>
        </thead>
        <tbody>
          {nodes.map(({ feature, other, value }) => (
            <tr key={feature.index}>
              <td className={styles.feature}>
                <One feature={feature} side={from} />
              </td>
              <td className={styles.value}>
                <span
                  className={styles.bar}
                  style={{ width: `calc((100% - 16px) * ${Math.max(0, value)})` }}
                  aria-hidden
                />
                {formatShare(value)}
              </td>
              <td className={styles.feature}>
                <One feature={other} side={to} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <nav className={styles.pages} aria-label={`Pages of: ${title}`}>
        <span className="muted">
          {formatCount(totalCount)} {totalCount === 1 ? 'feature' : 'features'}
        </span>
        {!isFirst && (
          <Link href={href()} scroll={false}>
            first
          </Link>
        )}
        {pageInfo.hasNextPage && pageInfo.endCursor && (
          <Link href={href(pageInfo.endCursor)} scroll={false}>
            next ›
          </Link>
        )}
      </nav>
    </section>
  );
}

function One({ feature, side }: { readonly feature: Feature; readonly side: Side }) {
  const { index, label, stat } = feature;
  return (
    <Link
      href={featureHref(side.slug, index, side.budget)}
      prefetch={false}
      dir="auto"
      title={stat ? `density ${formatPercent(stat.density)} at budget ${side.budget}` : undefined}
    >
      <span className={styles.index} style={{ color: `var(--${side.colour})` }}>
        {index}
      </span>{' '}
      {label?.text ?? <span className="muted">no label</span>}
    </Link>
  );
}
