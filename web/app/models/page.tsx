import Link from 'next/link';
import { Models } from '../../features/home/models.tsx';
import { withOutage } from '../../features/outage/with-outage.tsx';
import { ask } from '../../graphql/ask.ts';
import { publicEndpoint } from '../../graphql/endpoint.ts';
import { ModelListDocument } from '../../graphql/generated/graphql.ts';
import { one } from '../../ui/address.ts';
import { Empty } from '../../ui/empty.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { ScriptThis } from '../../ui/script-this.tsx';
import styles from '../page.module.css';

export const metadata = { title: 'Models' };

const PAGE_SIZE = 50;

export default withOutage(async function ModelsPage({ searchParams }: PageProps<'/models'>) {
  const variables = { first: PAGE_SIZE, after: one(await searchParams, 'after') };
  const [{ models }, endpoint] = await Promise.all([ask(ModelListDocument, variables), publicEndpoint()]);
  const { nodes, pageInfo } = models;
  return (
    <>
      <PageHead title="Models">
        The language models whose hidden states are taken apart here: how large, and how well each predicts
        text it has not seen.
      </PageHead>
      {nodes.length > 0 ? (
        <Models models={nodes} />
      ) : (
        <Empty command="npx residua train-sae --help">
          No model is here yet. Training a dictionary brings its model along.
        </Empty>
      )}
      {pageInfo.hasNextPage && (
        <Link href={`/models?after=${encodeURIComponent(pageInfo.endCursor ?? '')}`}>next ›</Link>
      )}
      <footer className={styles.foot}>
        <ScriptThis query={ModelListDocument.toString()} variables={variables} endpoint={endpoint.http} />
      </footer>
    </>
  );
});
