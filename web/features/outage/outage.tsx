/** What a page shows when the API did not answer or refused: what happened, and what still works. */
import Link from 'next/link';
import { ApiRefused, type ApiUnreachable } from '../../graphql/ask.ts';
import { PageHead } from '../../ui/page-head.tsx';

/** Codes that say nothing about the question. */
const PASSING = new Set(['DATABASE_UNAVAILABLE', 'TIMED_OUT', 'INTERNAL']);

export function Outage({ error }: { readonly error: ApiUnreachable | ApiRefused }) {
  if (error instanceof ApiRefused && PASSING.has(error.code)) {
    return (
      <>
        <PageHead title="The API cannot answer just now">
          Nothing is lost; load this page again in a moment.
        </PageHead>
        <pre tabIndex={0}>
          <code>
            {error.code}: {error.message}
          </code>
        </pre>
        <p>
          What still works: <Link href="/docs/api">how to use the API</Link>.
        </p>
      </>
    );
  }
  if (error instanceof ApiRefused) {
    return (
      <>
        <PageHead title="The API refused this page’s question">
          The address asks for something the API does not give.
        </PageHead>
        <pre tabIndex={0}>
          <code>
            {error.code}: {error.message}
          </code>
        </pre>
        <p>
          The rest works: <Link href="/">home</Link>, <Link href="/dictionaries">dictionaries</Link>. A list
          that was turned to a page that no longer exists starts again without <code>after</code> and{' '}
          <code>before</code> in its address.
        </p>
      </>
    );
  }
  return (
    <>
      <PageHead title="The API does not answer">
        This site shows what the API knows, and the API is not there. Nothing is lost: dictionaries and runs
        are in the database.
      </PageHead>
      <pre tabIndex={0}>
        <code>{error.message}</code>
      </pre>
      <p>
        What still works: <Link href="/docs/api">how to use the API</Link>. What to do: start it with{' '}
        <code>npm start</code>, then load this page again.
      </p>
    </>
  );
}
