/** A set of vectors in numbers: the first thing on its page. */
import { Facts } from '../../ui/facts.tsx';
import { formatCount } from '../../ui/numbers.ts';
import { mainScore } from './gain-section.tsx';
import { gainOf, percent, points } from './shares.ts';
import type { Vector } from './vector-types.ts';
import { adapterWords, layerWords, rewardWords } from './vector-words.ts';

export function VectorFacts({ vector }: { readonly vector: Vector }) {
  const { base, scores, layers, model, parameterCount, seed } = vector;
  const steered = mainScore(scores);
  const before = base.find(({ testSet }) => testSet === steered?.testSet);
  const share = model && Number(parameterCount) / Number(model.parameterCount);
  return (
    <Facts
      row
      facts={[
        ...(steered && before
          ? [
              {
                name: `right answers, ${steered.testSet}`,
                value: `${percent(before.accuracy.value)} → ${percent(steered.accuracy.value)}`,
                title: 'share of held-out problems, base → steered',
              },
              {
                name: 'gain, points',
                value: points(gainOf(steered.accuracy, before.accuracy).value),
                title: 'percentage points',
              },
            ]
          : []),
        { name: 'layers', value: layerWords(layers) },
        {
          name: 'numbers trained',
          value: `${formatCount(parameterCount)}${share ? ` (${(share * 100).toPrecision(2)}\u202f% of the model)` : ''}`,
          title: 'against the number of weights of the model',
        },
        { name: 'kind', value: adapterWords(vector) },
        { name: 'reward', value: rewardWords(vector) },
        { name: 'seed', value: seed },
      ]}
    />
  );
}
