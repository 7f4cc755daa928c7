/** Words to features, across dictionaries. */
import Link from 'next/link';
import { rowOf } from '../../graphql/feature-row.ts';
import {
  SearchPageDocument,
  type SearchPageQuery,
  type SearchPageQueryVariables,
} from '../../graphql/generated/graphql.ts';
import { featureHref } from '../../ui/address.ts';
import { Empty } from '../../ui/empty.tsx';
import { FeatureRow, FeatureTable } from '../../ui/feature-row.tsx';
import { formatCount } from '../../ui/numbers.ts';
import { ScriptThis } from '../../ui/script-this.tsx';

export interface ResultsProps {
  readonly found: SearchPageQuery['searchFeatures'];
  readonly variables: SearchPageQueryVariables;
  readonly endpoint: string;
  /** Results may come from several dictionaries. */
  readonly isMixed: boolean;
}

export const SEARCH_PAGE_SIZE = 50;

export function Results({ found, variables, endpoint, isMixed }: ResultsProps) {
  const { nodes, totalCount, pageInfo } = found;
  const { query, dictionary } = variables;
  if (nodes.length === 0) return <NothingFound query={query} isScoped={Boolean(dictionary)} />;
  const next = new URLSearchParams({
    q: query,
    ...(dictionary && { dictionary }),
    after: pageInfo.endCursor ?? '',
  });
  return (
    <section>
      <h2>
        {formatCount(totalCount)} {totalCount === 1 ? 'feature' : 'features'} for “<bdi>{query}</bdi>”
      </h2>
      <FeatureTable label={`Features for ${query}`}>
        {nodes.map((feature) => (
          <FeatureRow
            key={`${feature.dictionary.slug}-${feature.index}`}
            href={featureHref(feature.dictionary.slug, feature.index)}
            dictionary={isMixed ? feature.dictionary.name : undefined}
            {...rowOf(feature)}
          />
        ))}
      </FeatureTable>
      <p className="small">{pageInfo.hasNextPage && <Link href={`/search?${next}`}>next ›</Link>}</p>
      <ScriptThis query={SearchPageDocument.toString()} variables={variables} endpoint={endpoint} />
    </section>
  );
}

function NothingFound({ query, isScoped }: { readonly query: string; readonly isScoped: boolean }) {
  return (
    <Empty>
      No label holds “<bdi>{query}</bdi>”.{' '}
      {isScoped && (
        <>
          <Link href={`/search?${new URLSearchParams({ q: query })}`}>Look in every dictionary</Link>, or{' '}
        </>
      )}
      Try a shorter word: a label matches when it holds the text as written, in whatever case.
    </Empty>
  );
}
