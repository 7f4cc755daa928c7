/** Sets of steering vectors as rows of tables. Pure. */
import type { Share, TestScore, VectorRecord } from '../../steering/record.ts';

type Row = Readonly<Record<string, string>>;

const percent = ({ value, low, high }: Share): string =>
  `${(100 * value).toFixed(1)} % (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;

/** Over all problems where that was measured, else of the first set of them. */
const overall = (scores: readonly TestScore[]): TestScore =>
  scores.find(({ testSet }) => testSet === 'all') ?? scores[0];

export function listRow({ slug, adapter, reward, layers, parameterCount, base, scores }: VectorRecord): Row {
  const { testSet, accuracy } = overall(scores);
  return {
    set: slug,
    kind: adapter,
    reward,
    layers: layers.map(({ layer }) => layer).join(','),
    parameters: String(parameterCount),
    problems: testSet,
    base: percent(overall(base).accuracy),
    steered: percent(accuracy),
  };
}

export interface VectorTables {
  readonly about: string;
  readonly layers: readonly Row[];
  readonly scores: readonly Row[];
}

export function showRows(vector: VectorRecord): VectorTables {
  const { slug, name, model, adapter, reward, place, seed, layers, base, scores, provenance } = vector;
  return {
    about: `${slug}: ${name}\n${adapter} at ${place} of ${model}, reward ${reward}, seed ${seed}\n${provenance.command}`,
    layers: layers.map(({ layer, norm, hiddenNorm }) => ({
      layer: String(layer),
      norm: norm.toFixed(3),
      'of hidden': hiddenNorm > 0 ? `${((100 * norm) / hiddenNorm).toFixed(1)} %` : '',
    })),
    scores: scores.map(({ testSet, accuracy }) => {
      const before = base.find((score) => score.testSet === testSet);
      return {
        problems: testSet,
        base: before ? percent(before.accuracy) : '',
        steered: percent(accuracy),
        n: String(accuracy.n),
      };
    }),
  };
}
