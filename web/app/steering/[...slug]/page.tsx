import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { withOutage } from '../../../features/outage/with-outage.tsx';
import { AnalysisSections } from '../../../features/steering-page/analysis-sections.tsx';
import { GainSection } from '../../../features/steering-page/gain-section.tsx';
import { loadAnalyses, loadVector, POINTS } from '../../../features/steering-page/load-vector.ts';
import { Section } from '../../../features/steering-page/section.tsx';
import styles from '../../../features/steering-page/steering.module.css';
import { NormCurves, TrainingCurves } from '../../../features/steering-page/training-curves.tsx';
import { VectorFacts } from '../../../features/steering-page/vector-facts.tsx';
import { parseView } from '../../../features/steering-page/vector-view.ts';
import { sentenceOf } from '../../../features/steering-page/vector-words.ts';
import { publicEndpoint } from '../../../graphql/endpoint.ts';
import { VectorDocument } from '../../../graphql/generated/graphql.ts';
import { PageHead } from '../../../ui/page-head.tsx';
import shared from '../../page.module.css';

type Props = PageProps<'/steering/[...slug]'>;

/** Slugs of vectors hold a slash, which an address may spell either way. */
const slugOf = async (params: Props['params']) => (await params).slug.map(decodeURIComponent).join('/');

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const slug = await slugOf(params);
  const vector = (await loadVector(slug).catch(() => null))?.steeringVector;
  return vector ? { title: vector.name, description: sentenceOf(vector) } : { title: slug };
}

export default withOutage(async function VectorPage({ params, searchParams }: Props) {
  const slug = await slugOf(params);
  const [{ steeringVector: vector }, endpoint] = await Promise.all([loadVector(slug), publicEndpoint()]);
  if (!vector) notFound();
  const analyses = await loadAnalyses(vector);
  const view = parseView(await searchParams);
  const { name, model, modelSlug, layers, curve } = vector;
  const own = { source: { ...vector, paper: [] }, command: 'npx residua steer train --help' };
  const script = {
    query: VectorDocument,
    variables: { slug, points: POINTS },
    endpoint: endpoint.http,
  };
  return (
    <>
      <PageHead
        crumbs={[
          { name: model?.name ?? modelSlug, ...(model && { href: `/models/${model.slug}` }) },
          { name: 'steering', href: '/steering' },
          { name },
        ]}
        title={name}
        beside={
          <Link href={`/steering?model=${encodeURIComponent(modelSlug)}#vectors`} className="small">
            all vectors of this model
          </Link>
        }
      >
        {sentenceOf(vector)}
      </PageHead>
      <div className={shared.sections}>
        <VectorFacts vector={vector} />
        <Section
          id="gain"
          title="What it gains"
          sentence="Right answers to held-out problems without and with the vectors, and how long each vector is beside the hidden state it is added to."
          formula="Intervals: Wilson, 95 %. Those of a gain put together the noise of both sides. ‖s‖: Euclidean norm of the vector, ‖h‖: that of the residual stream behind its layer."
          {...{ ...own, script }}
        >
          <GainSection vector={vector} />
        </Section>
        {curve.length > 0 && (
          <section aria-labelledby="training" className={styles.section}>
            <h2 id="training">Training</h2>
            <p className="muted">How it went, step by step; a point is the mean of several steps.</p>
            <TrainingCurves
              trained={[{ name, colour: 'steering', bySeed: [curve] }]}
              more={<NormCurves curve={curve} layers={layers.map(({ layer }) => layer)} />}
            />
          </section>
        )}
        <AnalysisSections {...{ vector, analyses, view }} endpoint={endpoint.http} />
      </div>
    </>
  );
});
