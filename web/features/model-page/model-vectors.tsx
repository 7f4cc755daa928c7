/** The first steering vectors for this very model: those at most layers. */
import Link from 'next/link';
import type { ModelPageQuery } from '../../graphql/generated/graphql.ts';
import { VectorTable } from '../steering-index/vector-table.tsx';

type Model = NonNullable<ModelPageQuery['model']>;

export function ModelVectors({ model: { slug, steeringVectors } }: { readonly model: Model }) {
  if (steeringVectors.length === 0) return null;
  return (
    <section aria-labelledby="steering">
      <h2 id="steering">
        Steering vectors{' '}
        <Link href={`/steering?model=${encodeURIComponent(slug)}`} className="small muted">
          all of them, and what they gain
        </Link>
      </h2>
      <VectorTable vectors={steeringVectors} />
    </section>
  );
}
