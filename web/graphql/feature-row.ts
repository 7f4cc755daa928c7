/** A FeatureRow fragment as the row of a list wants it. */
import type { FeatureRowFragment } from './generated/graphql.ts';

export function rowOf(feature: FeatureRowFragment) {
  const { index, stat, label, examples } = feature;
  return {
    index,
    label: label?.text ?? null,
    score: label?.scores.find((score) => score.status === 'OK') ?? label?.scores[0] ?? null,
    density: stat?.density ?? feature.density,
    maxAct: stat?.maxAct ?? feature.maxAct,
    histogram: stat?.histogram.counts ?? [],
    example: examples[0] ?? null,
  };
}
