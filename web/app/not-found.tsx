import Link from 'next/link';
import { PageHead } from '../ui/page-head.tsx';
import { SearchBox } from '../ui/search-box.tsx';

export const metadata = { title: 'Not here' };

export default function NotFound() {
  return (
    <>
      <PageHead title="Nothing is at this address">
        A model, dictionary, feature or run of this name is not published here: the address may be mistyped,
        or its run is not over yet.
      </PageHead>
      <p>
        What works: <Link href="/">home</Link>, <Link href="/dictionaries">all dictionaries</Link>,{' '}
        <Link href="/runs">all runs</Link>, or a search.
      </p>
      <div style={{ marginTop: 16 }}>
        <SearchBox isMain />
      </div>
    </>
  );
}
