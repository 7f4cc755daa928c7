/** One layer at a time: what a vector at that layer alone gains, beside the base and vectors at all layers. */
import { CurveChart, type Curve } from '../../ui/curve-chart.tsx';
import { formatValue } from '../../ui/numbers.ts';
import {
  gainOf,
  intervalText,
  overSeeds,
  percent,
  points,
  sideOf,
  type Interval,
} from '../steering-page/shares.ts';
import { Seeds } from './accuracy-section.tsx';
import type { GainCurve } from './steering-types.ts';
import styles from '../steering-page/steering.module.css';

export function LayersSection({ study }: { readonly study: GainCurve }) {
  const { base, layers, testSet } = study;
  const all = overSeeds(study.allLayers.map(({ accuracy }) => accuracy));
  const rows = layers.flatMap(({ layer, rate, runs }) => {
    const accuracy = overSeeds(runs.map((run) => run.accuracy));
    return accuracy ? [{ layer, rate, runs, accuracy, gain: gainOf(accuracy, base) }] : [];
  });
  const ends = rows.map(({ layer }) => layer);
  const level = (name: string, colour: Curve['colour'], share: Interval): Curve => ({
    ...{ name, colour, draw: 'thin' },
    points: [ends[0], ends[ends.length - 1]].map((x) => ({ x, y: share.value })),
  });
  return (
    <>
      <p className={styles.verdict}>{verdict(rows, all && gainOf(all, base))}</p>
      <div className={styles.pair}>
        <CurveChart
          isWide
          title={`Right answers, ${testSet} problems`}
          description="Right answers with a vector at one layer alone, by layer"
          curves={
            rows.length === 0
              ? []
              : [
                  level('base', 'base', base),
                  ...(all ? [level('all layers', 'ink', all)] : []),
                  {
                    ...{ name: 'one layer', colour: 'steering', draw: 'dots', shape: 'ring' },
                    points: rows.map(({ layer, accuracy: { value, low, high } }) => ({
                      x: layer,
                      y: value,
                      range: [low, high] as const,
                    })),
                  },
                ]
          }
          xAxis={{ label: 'layer', format: String }}
          yAxis={{ label: 'share; bars 95 % over seeds', format: percent }}
          data={{
            columns: ['layer', 'right answers', 'gain, points'],
            rows: rows.map(({ layer, accuracy, gain }) => [
              layer,
              intervalText(accuracy),
              points(gain.value),
            ]),
          }}
        />
        <div className="scroll" tabIndex={0} role="region" aria-label="Vectors at one layer">
          <table style={{ width: '100%' }}>
            <thead>
              <tr>
                <th scope="col" className="number">
                  layer
                </th>
                <th scope="col" className="number">
                  right answers
                </th>
                <th scope="col" className="number" title="percentage points over the base">
                  gain
                </th>
                <th scope="col" className="number" title="learning rate of AdamW">
                  rate
                </th>
                <th scope="col">seeds</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ layer, accuracy, gain, rate, runs }) => (
                <tr key={layer}>
                  <td className="number">{layer}</td>
                  <td className="number">{intervalText(accuracy)}</td>
                  <td className="number">{points(gain.value)}</td>
                  <td className="number">{formatValue(rate)}</td>
                  <td>
                    <Seeds runs={runs} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </>
  );
}

interface Row {
  readonly layer: number;
  readonly gain: Interval;
}

function verdict(rows: readonly Row[], all: Interval | null): string {
  const best = rows.reduce<Row | null>(
    (most, row) => (row.gain.value > (most?.gain.value ?? -Infinity) ? row : most),
    null,
  );
  if (!best) return 'No layer was measured by itself.';
  const helping = rows.filter(({ gain }) => sideOf(gain) === 'above').length;
  const of =
    all && sideOf(all) === 'above'
      ? `, ${percent(best.gain.value / all.value)} of what all layers gain together`
      : '';
  return `A vector at one layer alone gains above noise at ${helping} of ${rows.length} layers; most at layer ${best.layer}, ${points(best.gain.value)} points${of}.`;
}
