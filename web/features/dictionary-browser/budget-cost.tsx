/** What the current budget costs, beside the slider that changes it. */
import { formatPercent, formatShare, formatSigned } from '../../ui/numbers.ts';
import type { DictionaryPageQuery } from '../../graphql/generated/graphql.ts';

export type Level = NonNullable<DictionaryPageQuery['dictionary']>['budgets'][number];

export function BudgetCost({ level }: { readonly level: Level }) {
  return (
    <>
      <span title="explained variance: 1 − Σ|x − x̂|² / Σ|x − mean|² over the whole evaluation set">
        EV <b>{formatShare(level.explainedVariance)}</b>
      </span>
      <span title="cross-entropy with the reconstruction spliced in, minus the model’s own, nats per token">
        ΔCE <b>{formatSigned(level.deltaCe)}</b> nats
      </span>
      <span title="share of features silent on the whole evaluation set at this budget">
        dead <b>{formatPercent(level.deadFraction)}</b>
      </span>
    </>
  );
}
