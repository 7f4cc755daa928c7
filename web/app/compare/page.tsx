import type { Metadata } from 'next';
import { pairsOf, Pairs } from '../../features/compare/pairs.tsx';
import { withOutage } from '../../features/outage/with-outage.tsx';
import { ask } from '../../graphql/ask.ts';
import { publicEndpoint } from '../../graphql/endpoint.ts';
import { CompareChooserDocument } from '../../graphql/generated/graphql.ts';
import { Empty } from '../../ui/empty.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { ScriptThis } from '../../ui/script-this.tsx';
import styles from '../page.module.css';

export const metadata: Metadata = { title: 'Comparisons of dictionaries' };

const VARIABLES = { first: 100 };

export default withOutage(async function CompareChooserPage() {
  const [answer, endpoint] = await Promise.all([ask(CompareChooserDocument, VARIABLES), publicEndpoint()]);
  const pairs = pairsOf(answer.dictionaries.nodes);
  return (
    <>
      <PageHead title="Comparisons">
        Pairs of dictionaries whose features were matched: what one learned that the other lacks.
      </PageHead>
      {pairs.length > 0 ? (
        <Pairs pairs={pairs} />
      ) : (
        <Empty command="npx residua match --help">
          No two dictionaries were compared yet. This command teaches how:
        </Empty>
      )}
      <footer className={styles.foot}>
        <ScriptThis
          query={CompareChooserDocument.toString()}
          variables={VARIABLES}
          endpoint={endpoint.http}
        />
      </footer>
    </>
  );
});
