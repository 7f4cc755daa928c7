/** Pairs of dictionaries that were compared, each once. */
import Link from 'next/link';
import type { CompareChooserQuery } from '../../graphql/generated/graphql.ts';
import { compareHref } from '../../ui/address.ts';

type Dictionary = CompareChooserQuery['dictionaries']['nodes'][number];
type Named = Pick<Dictionary, 'slug' | 'name' | 'domain'>;

export interface Pair {
  readonly a: Named;
  readonly b: Named;
}

/** A boost stands before what it was compared with: its features are the ones in question. */
export function pairsOf(dictionaries: readonly Dictionary[]): Pair[] {
  const seen = new Set<string>();
  return dictionaries.flatMap((dictionary) =>
    dictionary.matchedDictionaries.flatMap((other) => {
      const key = [dictionary.slug, other.slug].sort().join(' ');
      if (seen.has(key)) return [];
      seen.add(key);
      return [!dictionary.domain && other.domain ? { a: other, b: dictionary } : { a: dictionary, b: other }];
    }),
  );
}

export function Pairs({ pairs }: { readonly pairs: readonly Pair[] }) {
  return (
    <ul>
      {pairs.map(({ a, b }) => (
        <li key={`${a.slug} ${b.slug}`}>
          <Link href={compareHref(a.slug, b.slug)}>
            {a.name} and {b.name}
          </Link>
        </li>
      ))}
    </ul>
  );
}
