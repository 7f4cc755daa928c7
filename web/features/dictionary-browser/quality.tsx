/** How good a dictionary is at each budget: two curves and the numbers behind them. */
import { CurveChart } from '../../ui/curve-chart.tsx';
import { Facts } from '../../ui/facts.tsx';
import {
  formatCount,
  formatLarge,
  formatPercent,
  formatShare,
  formatSigned,
  formatValue,
} from '../../ui/numbers.ts';
import type { Level } from './budget-cost.tsx';
import styles from './quality.module.css';

export interface QualityProps {
  readonly levels: readonly Level[];
  readonly budget: number;
  /** A boost is drawn in its own colour. */
  readonly isBoost: boolean;
}

const budgetAxis = { label: 'budget, acts per token', format: String };

export function Quality({ levels, budget, isBoost }: QualityProps) {
  const level = levels.find((candidate) => candidate.budget === budget);
  const shared = { xAxis: budgetAxis, logX: true, current: budget };
  const curve = (name: string, of: (level: Level) => number) => [
    {
      name,
      colour: isBoost ? ('boosted' as const) : ('base' as const),
      points: levels.map((l) => ({ x: l.budget, y: of(l) })),
    },
  ];
  return (
    <section className={styles.quality} aria-label="Quality at each budget">
      <CurveChart
        {...shared}
        title="Explained variance"
        description={`Explained variance at budgets ${levels.map((l) => l.budget).join(', ')}`}
        curves={curve('EV', (l) => l.explainedVariance)}
        yAxis={{ label: 'share of the variance of hidden states', format: formatShare }}
      />
      <CurveChart
        {...shared}
        title="Loss added by splicing"
        description={`Cross-entropy added by the reconstruction at budgets ${levels.map((l) => l.budget).join(', ')}`}
        curves={curve('ΔCE', (l) => l.deltaCe)}
        yAxis={{ label: 'ΔCE, nats per token', format: formatValue }}
        fromZero
      />
      {level && <Numbers level={level} />}
    </section>
  );
}

function Numbers({ level }: { readonly level: Level }) {
  return (
    <div className={styles.numbers}>
      <h3>At budget {level.budget}</h3>
      <Facts
        facts={[
          {
            name: 'EV',
            value: formatShare(level.explainedVariance),
            title: '1 − Σ|x − x̂|² / Σ|x − mean|², whole evaluation set, fp64',
          },
          { name: 'FVU', value: formatShare(level.fvu), title: 'fraction of variance unexplained: 1 − EV' },
          {
            name: 'CE recovered',
            value: formatPercent(level.ceRecovered),
            title: '(CE zeroed − CE spliced) / (CE zeroed − CE of the model), unclamped',
          },
          {
            name: 'ΔCE',
            value: `${formatSigned(level.deltaCe)} nats`,
            title: 'CE spliced − CE of the model, nats per token',
          },
          {
            name: 'CE',
            value: `${formatValue(level.ceOriginal)} → ${formatValue(level.ceSpliced)}`,
            title: 'next-token cross-entropy of the model, and with the reconstruction spliced in, nats',
          },
          {
            name: 'KL',
            value: `${formatValue(level.klNats)} nats`,
            title: 'KL(model ‖ spliced) of next-token distributions, nats per token',
          },
          { name: 'L0', value: formatValue(level.l0), title: 'mean number of acts ≠ 0 per token' },
          {
            name: 'dead',
            value: formatPercent(level.deadFraction),
            title: 'share of features silent on the whole evaluation set',
          },
          {
            name: 'measured on',
            value: `${formatLarge(level.tokenCount)} tokens`,
            title: `EV, L0 and dead on ${formatCount(level.tokenCount)} tokens; CE and KL on ${formatCount(level.ceTokenCount)} of them`,
          },
        ]}
      />
    </div>
  );
}
