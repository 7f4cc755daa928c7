/** Loss by tokens and by FLOPs: the curves, what a loss costs, and every depth beside the paper's figures. */
import type { LimeLossQuery } from '../../graphql/generated/graphql.ts';
import { Choice } from '../../ui/choice.tsx';
import { formatSpread, spreadOf, type Spread } from '../../ui/spread.ts';
import type { ReactNode } from 'react';
import { viewHref, type LimeView } from './lime-view.ts';
import { LossExplorer } from './loss-explorer.tsx';
import { PaperFigures } from './paper-figures.tsx';
import { reachableLosses } from './reach.ts';
import { pairsOf, pickPair } from './variants.ts';
import { differenceWords, formatShareSpread, savingWords } from './words.ts';
import styles from './lime-page.module.css';

export type LossStudy = NonNullable<LimeLossQuery['study']>;

export interface LossSectionProps {
  readonly study: LossStudy;
  readonly view: LimeView;
  readonly choice: ReactNode;
}

/** Stops of the slider: about a step of the curve each. */
const LOSSES = 41;

const formatLoss = (loss: number) => loss.toFixed(3).replace('-', '−');

export function LossSection({ study, view, choice }: LossSectionProps) {
  const { loss, models } = study;
  if (!loss) return null;
  const pairs = pairsOf(models);
  const pair = pickPair(pairs, view.depth);
  const curvesOf = (name: string) =>
    loss.runs
      .find(({ model }) => model === name)
      ?.curves.map(({ points }) => points.map((point) => ({ ...point, tokens: Number(point.tokens) }))) ?? [];
  const base = pair ? curvesOf(pair.base.name) : [];
  const lime = pair ? curvesOf(pair.lime.name) : [];
  const losses = reachableLosses([...base, ...lime], LOSSES);
  const comparison = loss.comparisons.find(({ layers }) => layers === pair?.layers);
  return (
    <>
      {comparison && (
        <p>
          <b>
            To reach the base&apos;s final loss, at {comparison.layers} layers:{' '}
            {savingWords(comparison.flopsSaved.bySeed, 'FLOPs')}.
          </b>{' '}
          At equal FLOPs LIMe&apos;s loss is{' '}
          {differenceWords(comparison.lossDifferenceAtEqualFlops.bySeed, formatLoss)}
          {' nats, at equal tokens '}
          {differenceWords(comparison.lossDifferenceAtEqualTokens.bySeed, formatLoss)}.
        </p>
      )}
      <div className={styles.choices}>
        <Choice
          name="against"
          current={view.x}
          options={[
            { key: 'flops', name: 'FLOPs', href: viewHref({ ...view, x: 'flops' }) },
            { key: 'tokens', name: 'tokens', href: viewHref({ ...view, x: 'tokens' }) },
          ]}
        />
        {pairs.length > 1 && (
          <Choice
            name="layers"
            current={String(pair?.layers)}
            options={pairs.map(({ layers }) => ({
              key: String(layers),
              name: String(layers),
              href: viewHref({ ...view, depth: layers }),
            }))}
          />
        )}
        {choice}
      </div>
      <div className={styles.pair}>
        {pair && losses.length > 0 && (
          <LossExplorer
            key={`${study.slug}-${pair.layers}-${view.x}`}
            {...{ base, lime, losses }}
            layers={pair.layers}
            first={losses.length - 1}
            cost={view.x}
          />
        )}
        <div className={styles.aside}>
          <Depths loss={loss} />
          <PaperFigures figures={study.paper} />
        </div>
      </div>
    </>
  );
}

function Depths({ loss }: { readonly loss: NonNullable<LossStudy['loss']> }) {
  const finalOf = (name: string) =>
    formatSpread(spreadOf(loss.runs.find(({ model }) => model === name)?.finalLoss.bySeed ?? []), formatLoss);
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Every depth">
      <table>
        <thead>
          <tr>
            {['layers', 'base', 'LIMe', 'FLOPs saved'].map((name) => (
              <th key={name} scope="col" className="number" title={TITLES[name]}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {loss.comparisons.map(({ layers, base, lime, flopsSaved }) => {
            const saved = spreadOf(flopsSaved.bySeed);
            return (
              <tr key={base}>
                <td className="number">{layers}</td>
                <td className="number">{finalOf(base)}</td>
                <td className="number">{finalOf(lime)}</td>
                <td className="number">{savedWords(saved, flopsSaved.bySeed.length)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** A mean over the seeds that got there says so. */
function savedWords(saved: Spread | null, seedTotal: number): string {
  if (!saved) return 'not reached';
  const text = formatShareSpread(saved);
  return saved.n < seedTotal ? `${text}, ${saved.n} of ${seedTotal} seeds` : text;
}

const TITLES: Readonly<Record<string, string>> = {
  base: 'held-out loss at the end of training, nats per token, mean ± sd over seeds',
  LIMe: 'held-out loss at the end of training, nats per token, mean ± sd over seeds',
  'FLOPs saved': "1 − FLOPs LIMe needs to reach the base's final loss / FLOPs the base needed",
};
