/** Vectors of one model put into another of its family: rows gave them, columns got them. */
import Link from 'next/link';
import { HeatGrid } from '../../ui/heat-grid.tsx';
import { formatValue } from '../../ui/numbers.ts';
import { gainOf, intervalText, percent, sideOf } from '../steering-page/shares.ts';
import type { TransferStudy } from './steering-types.ts';
import styles from '../steering-page/steering.module.css';

export function TransferMap({ study }: { readonly study: TransferStudy }) {
  const { models, cells, testSet } = study;
  const cellOf = (from: string, to: string) =>
    cells.find(({ donor, recipient }) => donor === from && recipient === to);
  const link = ({ modelSlug, model }: TransferStudy['models'][number]) =>
    model ? <Link href={`/models/${model.slug}`}>{model.name}</Link> : modelSlug;
  return (
    <>
      <p className={styles.verdict}>{verdict(study)}</p>
      <HeatGrid
        label="Vectors in other models of the family"
        corner="trained on ↓, put into →"
        full={1}
        columns={models.map((model) => ({ key: model.modelSlug, name: link(model) }))}
        rows={models.map((from) => ({
          key: from.modelSlug,
          name: link(from),
          cells: models.map((to) => {
            const cell = cellOf(from.modelSlug, to.modelSlug);
            if (!cell) return { value: null, text: '' };
            return {
              value: cell.normalised,
              text: (
                <>
                  {cell.normalised === null ? '–' : formatValue(cell.normalised)}{' '}
                  <span className="muted small">{percent(cell.accuracy.value)}</span>
                </>
              ),
              title: `right answers ${intervalText(cell.accuracy)}, by itself ${intervalText(to.base)}`,
            };
          }),
        }))}
        legend={`Gain as a part of what the model's own vectors gain (1: as good as its own, below 0: harm), and right answers, ${testSet} problems.`}
        data={{
          columns: ['trained on', 'put into', 'right answers', 'by itself', 'part of its own gain'],
          rows: cells.map(({ donor, recipient, accuracy, normalised }) => [
            donor,
            recipient,
            intervalText(accuracy),
            percent(models.find(({ modelSlug }) => modelSlug === recipient)?.base.value ?? Number.NaN),
            normalised === null ? '–' : formatValue(normalised),
          ]),
        }}
      />
      <dl className={styles.family}>
        {models.map((model) => (
          <div key={model.modelSlug}>
            <dt>
              {link(model)}
              {!model.model && <span className="muted"> (not here)</span>}
            </dt>
            <dd>
              {percent(model.base.value)} right by itself.{' '}
              {model.description && <Description text={model.description} />}{' '}
              {model.model && (
                <Link
                  href={`/steering?model=${encodeURIComponent(model.modelSlug)}#vectors`}
                  prefetch={false}
                  className={styles.whole}
                >
                  its vectors
                </Link>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** What is on record of how it came about: the command that trained it, or a sentence. */
function Description({ text }: { readonly text: string }) {
  return text.startsWith('residua ') ? (
    <>
      Made by <code>{text}</code>.
    </>
  ) : (
    text
  );
}

function verdict({ models, cells }: TransferStudy): string {
  const others = cells.filter(({ donor, recipient }) => donor !== recipient);
  const sides = others.flatMap(({ recipient, accuracy }) => {
    const base = models.find(({ modelSlug }) => modelSlug === recipient)?.base;
    return base ? [sideOf(gainOf(accuracy, base))] : [];
  });
  const count = (side: string) => sides.filter((found) => found === side).length;
  return `Put into another model of the family, vectors help beyond noise in ${count('above')} of ${sides.length} cases and harm in ${count('below')}.`;
}
