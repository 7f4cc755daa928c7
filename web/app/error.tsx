'use client';
import Link from 'next/link';
import { PageHead } from '../ui/page-head.tsx';

export default function ErrorPage({
  error,
  reset,
}: {
  readonly error: Error & { digest?: string };
  readonly reset: () => void;
}) {
  return (
    <>
      <PageHead title="This page broke">
        A mistake of ours, in this page alone
        {error.digest ? `; the server’s log has it as ${error.digest}` : ''}. Data and runs are not touched.
      </PageHead>
      <p>
        <button type="button" onClick={reset}>
          Try again
        </button>{' '}
        or go <Link href="/">home</Link>.
      </p>
    </>
  );
}
