import type { Metadata } from 'next';
import { withOutage } from '../../features/outage/with-outage.tsx';
import { Results, SEARCH_PAGE_SIZE } from '../../features/search/results.tsx';
import { SearchForm } from '../../features/search/search-form.tsx';
import { ask } from '../../graphql/ask.ts';
import { publicEndpoint } from '../../graphql/endpoint.ts';
import { SearchPageDocument, SearchScopeDocument } from '../../graphql/generated/graphql.ts';
import { one } from '../../ui/address.ts';
import { PageHead } from '../../ui/page-head.tsx';

type Props = PageProps<'/search'>;

export async function generateMetadata({ searchParams }: Props): Promise<Metadata> {
  const query = one(await searchParams, 'q');
  return { title: query ? `${query} · search` : 'Search' };
}

export default withOutage(async function SearchPage({ searchParams }: Props) {
  const parameters = await searchParams;
  const variables = {
    query: one(parameters, 'q')?.trim() ?? '',
    dictionary: one(parameters, 'dictionary'),
    after: one(parameters, 'after'),
    first: SEARCH_PAGE_SIZE,
  };
  const [scope, answer, endpoint] = await Promise.all([
    ask(SearchScopeDocument, {}),
    variables.query ? ask(SearchPageDocument, variables) : null,
    publicEndpoint(),
  ]);
  return (
    <>
      <PageHead title="Search">
        Words in, features out: every feature whose label holds them, in one dictionary or in all.
      </PageHead>
      <SearchForm
        query={variables.query}
        dictionary={variables.dictionary}
        dictionaries={scope.dictionaries.nodes}
      />
      {answer && (
        <Results
          found={answer.searchFeatures}
          variables={variables}
          endpoint={endpoint.http}
          isMixed={!variables.dictionary && scope.dictionaries.nodes.length > 1}
        />
      )}
    </>
  );
});
