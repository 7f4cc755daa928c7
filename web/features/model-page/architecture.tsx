/** What a model is made of: one layer as a picture, the whole as facts. */
import type { ModelPageQuery } from '../../graphql/generated/graphql.ts';
import { Facts, type Fact } from '../../ui/facts.tsx';
import { formatCount, formatLarge, formatValue } from '../../ui/numbers.ts';
import { BlockPicture } from './block-picture.tsx';
import {
  attentionWords,
  embeddingWords,
  familyName,
  mlpWords,
  normWords,
  positionWords,
  routerWords,
} from './model-facts.ts';
import styles from './architecture.module.css';

type Model = NonNullable<ModelPageQuery['model']>;

export function Architecture({ model }: { readonly model: Model }) {
  const { architecture } = model;
  return (
    <section className={styles.section}>
      <h2>Architecture</h2>
      {architecture && <BlockPicture architecture={architecture} layerCount={model.layerCount} />}
      <Facts
        facts={[
          { name: 'family', value: familyName(model.family, Boolean(architecture?.lime)) },
          {
            name: 'parameters',
            value: `${formatLarge(model.parameterCount)} (${formatCount(model.parameterCount)})`,
          },
          { name: 'layers', value: model.layerCount },
          { name: 'hidden width', value: formatCount(model.hiddenWidth) },
          ...built(model),
          { name: 'vocabulary', value: `${formatCount(model.vocabSize)} tokens` },
          { name: 'context', value: `${formatCount(model.contextLength)} tokens` },
          {
            name: 'held-out loss',
            value:
              model.heldOutNats == null
                ? 'not on record'
                : `${formatValue(model.heldOutNats)} nats per token`,
          },
          { name: 'revision', value: model.revision },
          { name: 'weights sha256', value: <code>{model.sha256}</code> },
        ]}
      />
      <details>
        <summary>{model.hookpoints.length} hookpoints: where a dictionary can read it</summary>
        <p className={styles.hookpoints}>
          {model.hookpoints.map((hookpoint) => (
            <code key={hookpoint}>{hookpoint}</code>
          ))}
        </p>
      </details>
    </section>
  );
}

/** Of a family nobody knows, the heads alone. */
function built({ architecture, headCount, kvHeadCount }: Model): Fact[] {
  if (!architecture)
    return [{ name: 'heads', value: `${headCount}, reading ${kvHeadCount} key-value heads` }];
  const routers = routerWords(architecture);
  return [
    { name: 'norm', value: normWords(architecture) },
    { name: 'positions', value: positionWords(architecture) },
    { name: 'attention', value: attentionWords(architecture, headCount, kvHeadCount) },
    ...(routers ? [{ name: 'routers', value: routers }] : []),
    { name: 'MLP', value: mlpWords(architecture) },
    { name: 'embedding', value: embeddingWords(architecture) },
  ];
}
