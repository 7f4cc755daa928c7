/** What representations keep, layer by layer: entropy and separability, values and hidden states side by side. */
import type { ReactNode } from 'react';
import type { LimeCollapseQuery } from '../../graphql/generated/graphql.ts';
import { Choice } from '../../ui/choice.tsx';
import { CurveChart } from '../../ui/curve-chart.tsx';
import { formatPercent, formatValue } from '../../ui/numbers.ts';
import { viewHref, type LimeView } from './lime-view.ts';
import { flipWords, lineOf, pointsOf, tallyLayers, tallyWords, type LayerLine } from './layer-lines.ts';
import { PaperFigures } from './paper-figures.tsx';
import { pairsOf, pickPair, type ModelPair } from './variants.ts';
import styles from './lime-page.module.css';

export type CollapseStudy = NonNullable<LimeCollapseQuery['study']>;

export interface CollapseSectionProps {
  readonly study: CollapseStudy;
  readonly view: LimeView;
  readonly choice: ReactNode;
}

const OF = { VALUES: 'values', HIDDEN: 'hidden states' } as const;
type Of = keyof typeof OF;

export function CollapseSection({ study, view, choice }: CollapseSectionProps) {
  const { collapse, models } = study;
  const pairs = pairsOf(models);
  const pair = pickPair(pairs, view.depth);
  if (!collapse || !pair) return null;
  const tally = (lines: readonly LayerLine[], of: Of) =>
    tallyLayers(lineOf(lines, pair.base.name, of), lineOf(lines, pair.lime.name, of));
  const { entropy, separability, separabilityWords: words } = collapse;
  const [values, hidden] = [tally(separability, 'VALUES'), tally(separability, 'HIDDEN')];
  return (
    <>
      <p>
        <b>{flipWords(values, hidden)}</b> Separability of LIMe&apos;s values is {tallyWords(values)}; of its
        hidden states {tallyWords(hidden)}. Entropy of its values is {tallyWords(tally(entropy, 'VALUES'))};
        of its hidden states {tallyWords(tally(entropy, 'HIDDEN'))}.
      </p>
      <div className={styles.choices}>
        {pairs.length > 1 && (
          <Choice
            name="layers"
            current={String(pair.layers)}
            options={pairs.map(({ layers }) => ({
              key: String(layers),
              name: String(layers),
              href: viewHref({ ...view, depth: layers }),
            }))}
          />
        )}
        {choice}
      </div>
      <div className={styles.two}>
        {(Object.keys(OF) as Of[]).map((of) => (
          <Lines key={of} {...{ of, pair }} lines={entropy} what="Entropy" unit="nats" format={formatValue} />
        ))}
        {(Object.keys(OF) as Of[]).map((of) => (
          <Lines
            key={of}
            {...{ of, pair }}
            lines={separability}
            what="Separability"
            unit="accuracy"
            format={formatPercent}
          />
        ))}
      </div>
      <p className="small muted">
        Entropy: matrix Rényi entropy of order {collapse.entropyAlpha} of {collapse.entropyTokens} tokens at a
        time, at most {formatValue(Math.log(collapse.entropyTokens))} nats, over {collapse.entropyWindows}{' '}
        windows. Separability: a linear classifier tells {words.join(', ')} apart,{' '}
        {collapse.separabilityOccurrences} occurrences each, {collapse.separabilityFolds}-fold; guessing gives{' '}
        {formatPercent(1 / words.length)}. LIMe&apos;s values hold a share of the first layer&apos;s, which
        depend on the token alone: part of their separability is so by construction. Higher or lower means by
        more than two standard errors over seeds.
      </p>
      <PaperFigures figures={study.paper} />
    </>
  );
}

interface LinesProps {
  readonly of: Of;
  readonly pair: ModelPair;
  readonly lines: readonly LayerLine[];
  readonly what: string;
  readonly unit: string;
  readonly format: (value: number) => string;
}

function Lines({ of, pair, lines, what, unit, format }: LinesProps) {
  return (
    <CurveChart
      title={`${what} of ${OF[of]}`}
      description={`${what} of ${OF[of]} by layer, base and LIMe with ${pair.layers} layers`}
      curves={[
        { name: 'base', colour: 'base', draw: 'line', points: pointsOf(lineOf(lines, pair.base.name, of)) },
        {
          name: 'LIMe',
          colour: 'lime',
          draw: 'line',
          shape: 'square',
          points: pointsOf(lineOf(lines, pair.lime.name, of)),
        },
      ]}
      xAxis={{ label: 'layer', format: String }}
      yAxis={{ label: `${unit}; band ± sd over seeds`, format }}
    />
  );
}
