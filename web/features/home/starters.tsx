/** A few features to begin with: among the strongest of their tokens, neither rare nor everywhere. */
import Link from 'next/link';
import { rowOf } from '../../graphql/feature-row.ts';
import type { FeatureFilter, FeatureRowFragment } from '../../graphql/generated/graphql.ts';
import { dictionaryHref, featureHref } from '../../ui/address.ts';
import { FeatureRow, FeatureTable } from '../../ui/feature-row.tsx';

/** Acts on one token in a thousand to one in a hundred: specific enough to have a meaning, frequent enough to show it. */
export const STARTER_FILTER: FeatureFilter = { minDensity: 0.001, maxDensity: 0.01 };
export const STARTER_COUNT = 10;

/** A small budget keeps what matters most about a token; the very smallest keeps too little. */
export function pickStarterBudget(budgets: readonly { readonly budget: number }[]): number | undefined {
  return (budgets[1] ?? budgets[0])?.budget;
}

export interface StartersProps {
  readonly dictionary: { readonly slug: string; readonly name: string };
  readonly features: readonly FeatureRowFragment[];
  readonly budget?: number;
}

export function Starters({ dictionary, features, budget }: StartersProps) {
  if (features.length === 0) return null;
  return (
    <section>
      <h2>
        Features to begin with{' '}
        <Link href={dictionaryHref(dictionary.slug, budget)} className="small muted">
          in {dictionary.name}
          {budget !== undefined && ` at budget ${budget}`}
        </Link>
      </h2>
      <FeatureTable label={`Features of ${dictionary.name}`}>
        {features.map((feature) => (
          <FeatureRow
            key={feature.index}
            href={featureHref(dictionary.slug, feature.index, budget)}
            {...rowOf(feature)}
          />
        ))}
      </FeatureTable>
    </section>
  );
}
