/** What a set of vectors gains: right answers with and without it, by test set, and how long each vector is. */
import { BarsWithError, type ErrorBar } from '../../ui/bars-with-error.tsx';
import { formatValue } from '../../ui/numbers.ts';
import { gainOf, gainWords, percent, type Share } from './shares.ts';
import type { TestScore, Vector } from './vector-types.ts';
import styles from './steering.module.css';

export function GainSection({ vector }: { readonly vector: Vector }) {
  const { base, scores } = vector;
  return (
    <>
      <p className={styles.verdict}>{verdict(base, scores)}</p>
      <div className={styles.even}>
        <BarsWithError
          title="Right answers by test set"
          unit="share of held-out problems; 95 % intervals"
          format={percent}
          bars={scores.flatMap(({ testSet, accuracy }) => [
            ...barOf(`${testSet}, base`, 'base', base.find((score) => score.testSet === testSet)?.accuracy),
            ...barOf(`${testSet}, steered`, 'steering', accuracy),
          ])}
          note={`Answers to each problem: ${scores[0]?.samples ?? 0}, sampled at temperature 1.`}
        />
        <Norms layers={vector.layers} />
      </div>
    </>
  );
}

function barOf(name: string, colour: ErrorBar['colour'], share?: Share): ErrorBar[] {
  if (!share) return [];
  const { value, low, high, n } = share;
  return [{ key: name, name, colour, spread: { mean: value, sd: null, n }, range: [low, high] }];
}

/** Of the set that holds all problems, else of the last, which is the hardest. */
export function mainScore<Score extends { readonly testSet: string }>(
  scores: readonly Score[],
): Score | undefined {
  return scores.find(({ testSet }) => testSet === 'all') ?? scores[scores.length - 1];
}

function verdict(base: readonly TestScore[], scores: readonly TestScore[]): string {
  const steered = mainScore(scores);
  const before = base.find(({ testSet }) => testSet === steered?.testSet);
  if (!steered || !before) return 'Nobody has measured what it gains.';
  const of = steered.testSet === 'all' ? 'all held-out problems' : `the ${steered.testSet} problems`;
  const gain = gainOf(steered.accuracy, before.accuracy);
  return `Of ${of} the model solves ${percent(before.accuracy.value)} by itself and ${percent(steered.accuracy.value)} steered: ${gainWords(gain)}.`;
}

function Norms({ layers }: Pick<Vector, 'layers'>) {
  const longest = Math.max(0, ...layers.map(({ norm, hiddenNorm }) => norm / hiddenNorm));
  return (
    <div>
      <h3 id="norms">Norms</h3>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="norms">
        <table style={{ width: '100%' }}>
          <thead>
            <tr>
              <th scope="col" className="number">
                layer
              </th>
              <th scope="col" className="number" title="Euclidean norm of the vector">
                ‖s‖
              </th>
              <th
                scope="col"
                className="number"
                title="mean norm of the residual stream behind the layer, on the model's own generations"
              >
                mean ‖h‖
              </th>
              <th
                scope="col"
                style={{ width: '50%' }}
                title="norm of the vector over that of the hidden state"
              >
                ‖s‖ / ‖h‖
              </th>
            </tr>
          </thead>
          <tbody>
            {layers.map(({ layer, norm, hiddenNorm }) => (
              <tr key={layer}>
                <td className="number">{layer}</td>
                <td className="number">{formatValue(norm)}</td>
                <td className="number">{formatValue(hiddenNorm)}</td>
                <td>
                  <span
                    className={styles.meter}
                    style={{ width: `${(norm / hiddenNorm / (longest || 1)) * 60}%` }}
                    aria-hidden
                  />{' '}
                  {percent(norm / hiddenNorm)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
