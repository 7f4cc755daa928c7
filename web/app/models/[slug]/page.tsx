import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { DictionaryTable } from '../../../features/dictionary-browser/dictionary-table.tsx';
import { Architecture } from '../../../features/model-page/architecture.tsx';
import { familyName } from '../../../features/model-page/model-facts.ts';
import { ModelVectors } from '../../../features/model-page/model-vectors.tsx';
import { Studies } from '../../../features/model-page/studies.tsx';
import { Training } from '../../../features/model-page/training.tsx';
import { withOutage } from '../../../features/outage/with-outage.tsx';
import { ask } from '../../../graphql/ask.ts';
import { publicEndpoint } from '../../../graphql/endpoint.ts';
import { ModelPageDocument } from '../../../graphql/generated/graphql.ts';
import { Empty } from '../../../ui/empty.tsx';
import { formatLarge } from '../../../ui/numbers.ts';
import { PageHead } from '../../../ui/page-head.tsx';
import { ScriptThis } from '../../../ui/script-this.tsx';
import styles from '../../page.module.css';

type Props = PageProps<'/models/[slug]'>;

const load = cache((slug: string) => ask(ModelPageDocument, { slug }));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { slug } = await params;
  return { title: (await load(slug).catch(() => null))?.model?.name ?? slug };
}

export default withOutage(async function ModelPage({ params }: Props) {
  const { slug } = await params;
  const [{ model }, endpoint] = await Promise.all([load(slug), publicEndpoint()]);
  if (!model) notFound();
  const dictionaries = model.dictionaries.nodes;
  return (
    <>
      <PageHead crumbs={[{ name: 'models', href: '/models' }, { name: model.name }]} title={model.name}>
        A language model of the {familyName(model.family, Boolean(model.architecture?.lime))} family of{' '}
        {formatLarge(model.parameterCount)} parameters in {model.layerCount} layers. {model.description}
      </PageHead>
      <div className={styles.sections}>
        <section>
          <h2>Dictionaries</h2>
          {dictionaries.length > 0 ? (
            <DictionaryTable dictionaries={dictionaries} />
          ) : (
            <Empty command="npx residua train-sae --help">
              No dictionary of this model is published yet.
            </Empty>
          )}
        </section>
        <Studies model={model} />
        <ModelVectors model={model} />
        <div className={styles.split}>
          <Architecture model={model} />
          <Training training={model.training} />
        </div>
      </div>
      <footer className={styles.foot}>
        <ScriptThis query={ModelPageDocument.toString()} variables={{ slug }} endpoint={endpoint.http} />
      </footer>
    </>
  );
});
