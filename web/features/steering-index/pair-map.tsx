/** Two vectors that were trained apart, added together: cells above the diagonal; on it, each by itself. */
import { HeatGrid, type HeatCell } from '../../ui/heat-grid.tsx';
import { formatValue } from '../../ui/numbers.ts';
import { intervalText, percent } from '../steering-page/shares.ts';
import { comparePairs, type ComparedPair } from './compare-pairs.ts';
import type { PairStudy } from './steering-types.ts';
import styles from '../steering-page/steering.module.css';

const NOTHING: HeatCell = { value: null, text: '' };

/** A share in as few signs as a small cell has room for. */
const short = (share: number) => (share * 100).toFixed(1);
const gainText = (gain: number | null) => (gain === null ? '–' : formatValue(gain));

export function PairMap({ study }: { readonly study: PairStudy }) {
  const { singles, pairs, base, allLayers, testSet } = study;
  const layers = singles.map(({ layer }) => layer);
  const pairOf = (one: number, other: number) =>
    pairs.find(
      ({ first, second }) => (first === one && second === other) || (first === other && second === one),
    );
  return (
    <>
      <p className={styles.verdict}>{verdict(study)}</p>
      <HeatGrid
        isDense
        label="Two layers together"
        corner="layer"
        columns={layers.map((layer) => ({ key: String(layer), name: layer }))}
        rows={singles.map(({ layer, accuracy }, row) => ({
          key: String(layer),
          name: layer,
          cells: layers.map((other, column) => {
            if (column < row) return NOTHING;
            if (column === row)
              return {
                value: null,
                text: short(accuracy.value),
                title: `layer ${layer} by itself: ${intervalText(accuracy)}`,
              };
            const pair = pairOf(layer, other);
            if (!pair) return NOTHING;
            return {
              value: pair.gain,
              text: short(pair.accuracy.value),
              title: `layers ${layer} and ${other}: ${intervalText(pair.accuracy)}, gain ${gainText(pair.gain)}`,
            };
          }),
        }))}
        legend={
          <>
            Right answers in per cent, {testSet} problems: base {percent(base.value)}, all layers{' '}
            {percent(allLayers.value)}. On the diagonal each layer by itself. The tint is the gain, warm where
            two are better than the better of them, cool where they are worse.
          </>
        }
        data={{
          columns: ['layers', 'right answers', 'gain'],
          rows: [
            ...singles.map(({ layer, accuracy }) => [String(layer), intervalText(accuracy), '']),
            ...pairs.map(({ first, second, accuracy, gain }) => [
              `${first} + ${second}`,
              intervalText(accuracy),
              gainText(gain),
            ]),
          ],
        }}
      />
    </>
  );
}

function verdict(study: PairStudy): string {
  const compared = comparePairs(study);
  const count = (side: ComparedPair['side']) =>
    compared.filter((pair) => pair.side === side).length || 'none';
  return `Of ${compared.length} pairs ${count('above')} are better than the better of the two beyond noise, ${count('below')} worse.`;
}
