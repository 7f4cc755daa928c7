/** What a model is made of. */
import type { ModelPageQuery } from '../../graphql/generated/graphql.ts';
import { Facts } from '../../ui/facts.tsx';
import { formatCount, formatLarge, formatValue } from '../../ui/numbers.ts';

type Model = NonNullable<ModelPageQuery['model']>;

export function Architecture({ model }: { readonly model: Model }) {
  return (
    <section>
      <h2>Architecture</h2>
      <Facts
        facts={[
          { name: 'family', value: model.family },
          {
            name: 'parameters',
            value: `${formatLarge(model.parameterCount)} (${formatCount(model.parameterCount)})`,
          },
          { name: 'layers', value: model.layerCount },
          { name: 'hidden width', value: formatCount(model.hiddenWidth) },
          { name: 'heads', value: `${model.headCount}, reading ${model.kvHeadCount} key-value heads` },
          { name: 'vocabulary', value: `${formatCount(model.vocabSize)} tokens` },
          { name: 'context', value: `${formatCount(model.contextLength)} tokens` },
          { name: 'held-out loss', value: `${formatValue(model.heldOutNats)} nats per token` },
          { name: 'revision', value: model.revision },
          { name: 'weights sha256', value: <code>{model.sha256}</code> },
        ]}
      />
    </section>
  );
}
