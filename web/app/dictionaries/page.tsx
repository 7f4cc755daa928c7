import Link from 'next/link';
import { DictionaryTable } from '../../features/dictionary-browser/dictionary-table.tsx';
import { withOutage } from '../../features/outage/with-outage.tsx';
import { ask } from '../../graphql/ask.ts';
import { publicEndpoint } from '../../graphql/endpoint.ts';
import { DictionaryListDocument } from '../../graphql/generated/graphql.ts';
import { one } from '../../ui/address.ts';
import { Empty } from '../../ui/empty.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { ScriptThis } from '../../ui/script-this.tsx';
import styles from '../page.module.css';

export const metadata = { title: 'Dictionaries' };

const PAGE_SIZE = 50;

export default withOutage(async function DictionariesPage({ searchParams }: PageProps<'/dictionaries'>) {
  const variables = { first: PAGE_SIZE, after: one(await searchParams, 'after') };
  const [{ dictionaries }, endpoint] = await Promise.all([
    ask(DictionaryListDocument, variables),
    publicEndpoint(),
  ]);
  const { nodes, pageInfo } = dictionaries;
  return (
    <>
      <PageHead title="Dictionaries">
        A dictionary is a set of directions in a model’s hidden states, each of which acts on few tokens and
        can be read by itself.
      </PageHead>
      {nodes.length > 0 ? (
        <DictionaryTable dictionaries={nodes} showModel />
      ) : (
        <Empty command="npx residua train-sae --help">
          No dictionary is published yet. One that is being made is among the <Link href="/runs">runs</Link>.
        </Empty>
      )}
      {pageInfo.hasNextPage && (
        <Link href={`/dictionaries?after=${encodeURIComponent(pageInfo.endCursor ?? '')}`}>next ›</Link>
      )}
      <footer className={styles.foot}>
        <ScriptThis
          query={DictionaryListDocument.toString()}
          variables={variables}
          endpoint={endpoint.http}
        />
      </footer>
    </>
  );
});
