import type { Metadata } from 'next';
import { withOutage } from '../../features/outage/with-outage.tsx';
import { loadSteering } from '../../features/steering-index/load-steering.ts';
import { parseView, viewHref } from '../../features/steering-index/steering-view.ts';
import { StudySections } from '../../features/steering-index/study-sections.tsx';
import { VectorList } from '../../features/steering-index/vector-list.tsx';
import { publicEndpoint } from '../../graphql/endpoint.ts';
import { Choice } from '../../ui/choice.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import styles from '../page.module.css';

export const metadata: Metadata = {
  title: 'Steering',
  description:
    'Vectors added to the residual stream of a language model and trained by reinforcement learning: what they gain, at which layer, through which path, on which tokens.',
};

export default withOutage(async function SteeringPage({ searchParams }: PageProps<'/steering'>) {
  const view = parseView(await searchParams);
  const [steering, endpoint] = await Promise.all([loadSteering(view), publicEndpoint()]);
  const { models } = steering;
  return (
    <>
      <PageHead title="Steering">
        Vectors that are added to the hidden states of a language model at every token and trained by
        reinforcement learning, every weight of the model left as it was: what so few numbers gain beside full
        fine-tuning, at which layer, and whether they work in another model.
      </PageHead>
      {models.length > 1 && (
        <Choice
          name="model"
          current={view.model || (steering.accuracy?.modelSlug ?? '')}
          options={models.map((model) => ({
            key: model,
            name: model,
            href: viewHref({ model, set: '', trained: '', layer: null }),
          }))}
        />
      )}
      <div className={styles.sections}>
        <StudySections {...{ steering, view }} endpoint={endpoint.http} />
        <VectorList
          list={steering.list}
          view={view}
          layers={steering.gainCurve?.layers}
          endpoint={endpoint.http}
        />
      </div>
    </>
  );
});
