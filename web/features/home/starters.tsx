/** A few features to begin with: neither rare nor everywhere, the strongest first. */
import Link from 'next/link';
import { rowOf } from '../../graphql/feature-row.ts';
import type { FeatureFilter, FeatureRowFragment } from '../../graphql/generated/graphql.ts';
import { dictionaryHref, featureHref } from '../../ui/address.ts';
import { FeatureRow, FeatureTable } from '../../ui/feature-row.tsx';

/** Acts on one token in a thousand to one in a hundred: specific enough to have a meaning, frequent enough to show it. */
export const STARTER_FILTER: FeatureFilter = { minDensity: 0.001, maxDensity: 0.01 };
export const STARTER_COUNT = 10;

export interface StartersProps {
  readonly dictionary: { readonly slug: string; readonly name: string };
  readonly features: readonly FeatureRowFragment[];
}

export function Starters({ dictionary, features }: StartersProps) {
  if (features.length === 0) return null;
  return (
    <section>
      <h2>
        Features to begin with{' '}
        <Link href={dictionaryHref(dictionary.slug)} className="small muted">
          in {dictionary.name}
        </Link>
      </h2>
      <FeatureTable label={`Features of ${dictionary.name}`}>
        {features.map((feature) => (
          <FeatureRow
            key={feature.index}
            href={featureHref(dictionary.slug, feature.index)}
            {...rowOf(feature)}
          />
        ))}
      </FeatureTable>
    </section>
  );
}
