import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { AblationSection } from '../../features/lime-page/ablation-section.tsx';
import { ArithmeticSection } from '../../features/lime-page/arithmetic-section.tsx';
import { CollapseSection } from '../../features/lime-page/collapse-section.tsx';
import { CostSection } from '../../features/lime-page/cost-section.tsx';
import styles from '../../features/lime-page/lime-page.module.css';
import { parseView, type Part } from '../../features/lime-page/lime-view.ts';
import { loadLime, POINTS, STUDIES, type LoadedLime } from '../../features/lime-page/load-lime.ts';
import { LossSection } from '../../features/lime-page/loss-section.tsx';
import { Missing } from '../../features/lime-page/missing.tsx';
import { RoutersSection } from '../../features/lime-page/routers-section.tsx';
import { StudyChoice, StudyFoot } from '../../features/lime-page/study-foot.tsx';
import { withOutage } from '../../features/outage/with-outage.tsx';
import { publicEndpoint } from '../../graphql/endpoint.ts';
import {
  LimeAblationDocument,
  LimeArithmeticDocument,
  LimeCollapseDocument,
  LimeLossDocument,
  LimeRoutersDocument,
  LimeStudiesDocument,
} from '../../graphql/generated/graphql.ts';
import { PageHead } from '../../ui/page-head.tsx';
import { ScriptThis } from '../../ui/script-this.tsx';
import shared from '../page.module.css';

export const metadata: Metadata = {
  title: 'LIMe',
  description:
    'Transformers whose layers mix keys and values of all earlier layers: what their routers read, what representations keep, what it costs.',
};

const QUERIES: Readonly<Record<Part, { toString(): string }>> = {
  loss: LimeLossDocument,
  arithmetic: LimeArithmeticDocument,
  collapse: LimeCollapseDocument,
  routers: LimeRoutersDocument,
  ablation: LimeAblationDocument,
};

export default withOutage(async function LimePage({ searchParams }: PageProps<'/lime'>) {
  const view = parseView(await searchParams);
  const [lime, endpoint] = await Promise.all([loadLime(view), publicEndpoint()]);
  const { loss, arithmetic, collapse, routers, ablation, pick, heads } = lime;
  const choice = (part: Part) => (
    <StudyChoice part={part} studies={lime.studies} current={lime.slugs[part] ?? ''} view={view} />
  );
  const timed = [
    ...(loss?.loss ? [{ ...loss, stepTimes: loss.loss.stepTimes }] : []),
    ...(arithmetic?.arithmetic ? [{ ...arithmetic, stepTimes: arithmetic.arithmetic.stepTimes }] : []),
  ];
  const section = (part: Part, title: string, missing: string, content: ReactNode) => (
    <Section key={part} {...{ part, title, missing, lime }} endpoint={endpoint.http}>
      {content}
    </Section>
  );
  return (
    <>
      <PageHead title="LIMe">
        Transformers whose layers read a learned mixture of the keys and values of all earlier layers, beside
        plain ones (base) of the same size: what their routers read, what their representations keep, what it
        costs.
      </PageHead>
      <div className={shared.sections}>
        {section(
          'loss',
          'Loss at equal tokens and at equal FLOPs',
          'Loss curves of base and LIMe show here once both were trained on one text.',
          loss && <LossSection study={loss} view={view} choice={choice('loss')} />,
        )}
        {section(
          'arithmetic',
          'Arithmetic expressions',
          'Accuracies by number of operands show here once small models were trained to solve expressions.',
          arithmetic && <ArithmeticSection study={arithmetic} view={view} choice={choice('arithmetic')} />,
        )}
        {section(
          'collapse',
          'What representations keep',
          'Entropy and separability by layer show here once they were measured.',
          collapse && <CollapseSection study={collapse} view={view} choice={choice('collapse')} />,
        )}
        {section(
          'routers',
          'What routers read',
          'Maps of routers show here once a trained model was read out.',
          routers && pick && (
            <RoutersSection study={routers} choice={choice('routers')} {...{ pick, heads, view }} />
          ),
        )}
        {section(
          'ablation',
          'Other routers',
          'Routers that see fewer layers, or learn nothing, show here once they were trained beside full LIMe.',
          ablation && <AblationSection study={ablation} choice={choice('ablation')} />,
        )}
        {timed.length > 0 && (
          <section id="cost" aria-labelledby="cost-title" className={styles.section}>
            <h2 id="cost-title">What it costs</h2>
            <CostSection studies={timed} />
          </section>
        )}
      </div>
      <footer className={shared.foot}>
        <ScriptThis
          what="the list of studies"
          query={LimeStudiesDocument.toString()}
          variables={STUDIES}
          endpoint={endpoint.http}
        />
      </footer>
    </>
  );
});

interface SectionProps {
  readonly part: Part;
  readonly title: string;
  /** What would stand here. */
  readonly missing: string;
  readonly lime: LoadedLime;
  readonly endpoint: string;
  readonly children: ReactNode;
}

function Section({ part, title, missing, lime, endpoint, children }: SectionProps) {
  const study = lime[part];
  return (
    <section id={part} aria-labelledby={`${part}-title`} className={styles.section}>
      <h2 id={`${part}-title`}>{title}</h2>
      {study && children ? (
        <>
          {children}
          <StudyFoot
            study={study}
            query={QUERIES[part].toString()}
            variables={{ slug: study.slug, ...(part === 'loss' && { points: POINTS }) }}
            endpoint={endpoint}
          />
        </>
      ) : (
        <Missing part={part}>{missing}</Missing>
      )}
    </section>
  );
}
