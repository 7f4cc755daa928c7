/** Routers that see less, or learn nothing: ours over seeds beside the paper's change against full LIMe. */
import type { ReactNode } from 'react';
import type { LimeAblationQuery } from '../../graphql/generated/graphql.ts';
import { BarsWithError } from '../../ui/bars-with-error.tsx';
import { formatSpread, spreadOf } from '../../ui/spread.ts';
import { changesOf, type VariantChange } from './ablation-changes.ts';
import { PaperFigures } from './paper-figures.tsx';
import { colourOf, variantName } from './variants.ts';
import { listWords, sideOf } from './words.ts';
import styles from './lime-page.module.css';

export type AblationStudy = NonNullable<LimeAblationQuery['study']>;

const formatPoints = (percent: number) => `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(2)}\u202f%`;
const formatLoss = (loss: number) => loss.toFixed(3);

export interface AblationSectionProps {
  readonly study: AblationStudy;
  readonly choice: ReactNode;
}

export function AblationSection({ study, choice }: AblationSectionProps) {
  const rows = study.ablation?.rows ?? [];
  const changes = changesOf(rows);
  return (
    <>
      <p className={styles.verdict}>{verdict(changes)}</p>
      <div className={styles.choices}>{choice}</div>
      <div className={styles.even}>
        <BarsWithError
          title="Change of perplexity against full LIMe"
          unit="per cent, ± sd over seeds; grey rings the paper's"
          format={formatPoints}
          bars={changes.map(({ variant, model, change, paper }) => ({
            key: model,
            name: variantName(variant),
            spread: change,
            colour: colourOf(variant),
            ...(paper !== null && { paper: [paper, paper] as const }),
          }))}
        />
        <div className={styles.aside}>
          <div className="scroll" tabIndex={0} role="region" aria-label="Variants of the routers">
            <table>
              <thead>
                <tr>
                  <th scope="col">routers</th>
                  {['loss, nats', 'perplexity', 'change', 'paper'].map((name) => (
                    <th key={name} scope="col" className="number">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map(({ model, variant, loss, perplexity }, at) => (
                  <tr key={model}>
                    <td>{variantName(variant)}</td>
                    <td className="number">{formatSpread(spreadOf(loss.bySeed), formatLoss)}</td>
                    <td className="number">
                      {formatSpread(spreadOf(perplexity.bySeed), (value) => value.toFixed(2))}
                    </td>
                    <td className="number">{formatSpread(changes[at].change, formatPoints)}</td>
                    <td className={`number ${styles.paper}`}>
                      {changes[at].paper === null ? '–' : formatPoints(changes[at].paper)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <PaperFigures figures={study.paper} />
        </div>
      </div>
    </>
  );
}

function verdict(changes: readonly VariantChange[]): string {
  const others = changes.filter(({ variant }) => variant !== 'lime');
  const named = (side: string) =>
    others.flatMap(({ variant, change }) =>
      change && sideOf(change) === side ? [variantName(variant)] : [],
    );
  const [worse, level, better, alone] = [named('above'), named('level'), named('below'), named('alone')];
  const parts = [
    worse.length > 0 && `worse than full LIMe: ${listWords(worse)}`,
    level.length > 0 && `level with full LIMe within noise: ${listWords(level)}`,
    better.length > 0 && `better: ${listWords(better)}`,
    alone.length > 0 && `measured at one seed alone: ${listWords(alone)}`,
  ].filter((part) => part !== false);
  if (parts.length === 0) return 'There is no full LIMe among them to compare with.';
  const text = parts.join('; ');
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
