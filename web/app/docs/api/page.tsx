import Link from 'next/link';
import { Limits } from '../../../features/api-docs/limits.tsx';
import {
  FEATURE_QUERY,
  FIRST_QUERY,
  PAGING_QUERY,
  subscriptionScript,
} from '../../../features/api-docs/scripts.ts';
import { publicEndpoint } from '../../../graphql/endpoint.ts';
import { Listing } from '../../../ui/listing.tsx';
import { PageHead } from '../../../ui/page-head.tsx';
import { curlLine } from '../../../ui/script-this.tsx';
import styles from '../../page.module.css';

export const metadata = { title: 'API' };

/** The slugs of what `npm start` makes, so that the examples work as they stand. */
const DEMO_DICTIONARY = 'residua-demo-hierarchical';
const DEMO_RUN = 'demo-dictionary';

export default async function ApiPage() {
  const { http, ws } = await publicEndpoint();
  return (
    <>
      <PageHead title="The API">
        Everything on this site comes from one GraphQL endpoint, open to any script; each page ends with the
        query that returns it.
      </PageHead>
      <div className={styles.sections}>
        <section>
          <h2>Endpoint</h2>
          <p>
            Queries by POST, subscriptions over the same address by the <code>graphql-transport-ws</code>{' '}
            protocol. Opened in a browser it shows the whole schema, every field with its unit.
          </p>
          <Listing code={http} />
        </section>
        <section>
          <h2>A first query</h2>
          <p>Which dictionaries there are, and how good each is at every budget.</p>
          <Listing code={FIRST_QUERY} copy="Copy the query" />
          <p style={{ marginTop: 16 }}>The same from a terminal:</p>
          <Listing code={curlLine(http, FIRST_QUERY, {})} copy="Copy" isLine />
        </section>
        <section>
          <h2>A feature with its texts</h2>
          <p>Strengths come with their tokens; a budget says how many acts each token keeps.</p>
          <Listing
            code={FEATURE_QUERY}
            copy="Copy the query"
            also={{
              copy: 'Copy as curl',
              code: curlLine(http, FEATURE_QUERY, { dictionary: DEMO_DICTIONARY, index: 0 }),
            }}
          />
        </section>
        <section>
          <h2>All features of a dictionary</h2>
          <p>
            Lists are Relay connections: ask again with <code>after</code> set to the last{' '}
            <code>endCursor</code> until <code>hasNextPage</code> is false. Pages neither skip nor repeat a
            row while others are written.
          </p>
          <Listing
            code={PAGING_QUERY}
            copy="Copy the query"
            also={{
              copy: 'Copy as curl',
              code: curlLine(http, PAGING_QUERY, { dictionary: DEMO_DICTIONARY }),
            }}
          />
        </section>
        <section>
          <h2>A first subscription</h2>
          <p>
            <code>runProgress</code> replays every point after <code>afterSeq</code>, then follows the run
            without a gap or a repeat, and completes when it ends. A script that lost its connection goes on
            from the last seq it saw.
          </p>
          <Listing code={subscriptionScript(ws, DEMO_RUN)} copy="Copy the script" />
        </section>
        <section>
          <h2>Limits</h2>
          <p>
            A question beyond a limit gets an error with a code, never a cut answer. An unknown slug or index
            is <code>null</code>, not an error. Absent, failed and zero are three things: a score has a
            status.
          </p>
          <Limits />
        </section>
      </div>
      <p className="small muted" style={{ marginTop: 24 }}>
        See it used: <Link href="/dictionaries">dictionaries</Link>, <Link href="/runs">runs</Link>.
      </p>
    </>
  );
}
