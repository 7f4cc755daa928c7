/** The features of a dictionary: filtered, sorted, paged, every state of it an address. */
import Link from 'next/link';
import { rowOf } from '../../graphql/feature-row.ts';
import {
  FeatureListDocument,
  type FeatureListQuery,
  type FeatureOrderField,
} from '../../graphql/generated/graphql.ts';
import { featureHref } from '../../ui/address.ts';
import { Empty } from '../../ui/empty.tsx';
import { FeatureRow, FeatureTable } from '../../ui/feature-row.tsx';
import { LiveForm } from '../../ui/live-form.tsx';
import { formatCount } from '../../ui/numbers.ts';
import { ScriptThis } from '../../ui/script-this.tsx';
import { DENSITY_BANDS, listHref, listVariables, ORDERS, reorder, type ListState } from './list-address.ts';
import styles from './feature-list.module.css';

export interface FeatureListProps {
  readonly features: NonNullable<FeatureListQuery['dictionary']>['features'];
  readonly corpora: readonly { readonly slug: string; readonly name: string }[];
  readonly slug: string;
  readonly budget: number;
  readonly state: ListState;
  readonly endpoint: string;
  /** Kind of text its features may keep to. */
  readonly domain: string | null;
}

export function FeatureList({ features, corpora, slug, budget, state, endpoint, domain }: FeatureListProps) {
  const variables = listVariables(slug, budget, state);
  const { nodes, totalCount, pageInfo } = features;
  const to = (change: Partial<ListState>) =>
    listHref(slug, budget, { ...state, after: undefined, before: undefined, ...change });
  return (
    <section className={styles.section} aria-labelledby="features">
      <div className={styles.head}>
        <h2 id="features">Features</h2>
        <Filter budget={budget} state={state} corpora={corpora} />
        {domain && (
          <Link
            className="small"
            href={listHref(slug, budget, reorder(state, 'DOMAIN_SHARE'))}
            scroll={false}
            aria-current={state.order === 'DOMAIN_SHARE' ? 'true' : undefined}
            title={`density on ${domain} text / sum of densities over all corpora`}
          >
            by {domain} share
            {state.order === 'DOMAIN_SHARE' && (state.direction === 'ASC' ? ' ↑' : ' ↓')}
          </Link>
        )}
        <p className={styles.count} aria-live="polite">
          {formatCount(totalCount)} {totalCount === 1 ? 'feature' : 'features'}
        </p>
      </div>
      {nodes.length === 0 ? (
        <Empty>
          No feature matches.{' '}
          <Link href={to({ label: '', density: 'any', corpus: '' })}>Show all of them</Link>.
        </Empty>
      ) : (
        <FeatureTable label="Features" head={sortLinks(slug, budget, state)}>
          {nodes.map((feature) => (
            <FeatureRow
              key={feature.index}
              href={featureHref(slug, feature.index, budget)}
              {...rowOf(feature)}
            />
          ))}
        </FeatureTable>
      )}
      <nav className={styles.pages} aria-label="Pages of the list">
        {pageInfo.hasPreviousPage && pageInfo.startCursor && (
          <>
            <Link href={to({})}>first</Link>
            <Link href={to({ before: pageInfo.startCursor })}>‹ previous</Link>
          </>
        )}
        {pageInfo.hasNextPage && pageInfo.endCursor && (
          <Link href={to({ after: pageInfo.endCursor })}>next ›</Link>
        )}
      </nav>
      <ScriptThis
        what="this list"
        query={FeatureListDocument.toString()}
        variables={variables}
        endpoint={endpoint}
      />
    </section>
  );
}

function Filter({ budget, state, corpora }: Pick<FeatureListProps, 'budget' | 'state' | 'corpora'>) {
  const order = Object.keys(ORDERS).find((name) => ORDERS[name] === state.order);
  return (
    <LiveForm className={styles.filter} label="Filter the features">
      <input type="hidden" name="k" value={budget} />
      <input type="hidden" name="order" value={order} />
      <input type="hidden" name="dir" value={state.direction.toLowerCase()} />
      <input
        type="search"
        name="label"
        defaultValue={state.label}
        placeholder="Filter by label"
        aria-label="Filter by label"
        maxLength={200}
      />
      <select name="density" defaultValue={state.density} aria-label="Density">
        {Object.entries(DENSITY_BANDS).map(([band, { name }]) => (
          <option key={band} value={band}>
            {name}
          </option>
        ))}
      </select>
      {corpora.length > 1 && (
        <select name="corpus" defaultValue={state.corpus} aria-label="Corpus where it acts most">
          <option value="">any corpus</option>
          {corpora.map(({ slug, name }) => (
            <option key={slug} value={slug}>
              mostly {name}
            </option>
          ))}
        </select>
      )}
      <noscript>
        <button type="submit">Filter</button>
      </noscript>
    </LiveForm>
  );
}

function sortLinks(slug: string, budget: number, state: ListState) {
  const link = (name: string, order: FeatureOrderField) => (
    <Link
      href={listHref(slug, budget, reorder(state, order))}
      scroll={false}
      aria-label={`Sort by ${name}`}
      aria-current={state.order === order ? 'true' : undefined}
    >
      {name}
      {state.order === order && (state.direction === 'ASC' ? ' ↑' : ' ↓')}
    </Link>
  );
  return {
    index: link('index', 'INDEX'),
    density: link('density', 'DENSITY'),
    'max act': link('max act', 'MAX_ACT'),
  };
}
