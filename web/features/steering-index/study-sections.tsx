/** The four studies of steering as sections of the index, and the training behind the first. */
import {
  SteeringAccuracyDocument,
  SteeringLayersDocument,
  SteeringPairsDocument,
  SteeringTransferDocument,
  type SteeringStudyHeadFragment,
} from '../../graphql/generated/graphql.ts';
import { Section, type SectionSource } from '../steering-page/section.tsx';
import { AccuracySection } from './accuracy-section.tsx';
import { FindingsSection } from './findings-section.tsx';
import { LayersSection } from './layers-section.tsx';
import type { LoadedSteering } from './load-steering.ts';
import { PairMap } from './pair-map.tsx';
import type { SteeringView } from './steering-view.ts';
import { TrainingSection } from './training-section.tsx';
import { TransferMap } from './transfer-map.tsx';

export interface StudySectionsProps {
  readonly steering: LoadedSteering;
  readonly view: SteeringView;
  readonly endpoint: string;
}

const commandOf = (part: string) =>
  `npx residua steer study --part ${part}\nnpx residua vectors load trainer/recorded/steering-study.json`;

export function StudySections({ steering, view, endpoint }: StudySectionsProps) {
  const { accuracy, training, gainCurve, pairs, transfer } = steering;
  const model = { model: view.model || undefined };
  const script = (query: { toString(): string }) => ({ query, variables: model, endpoint });
  return (
    <>
      <FindingsSection {...{ steering, endpoint }} />
      <Section
        id="accuracy"
        title="What training buys"
        sentence="Held-out problems answered right after the same reinforcement learning of vectors, of LoRA and of every weight, and of controls that cannot have learned anything."
        formula="Mean over seeds with the 95 % interval of Student's t; of the base, Wilson's. A control cannot have learned to answer: its reward is a coin, or its vectors are random. Gain: minus the base, the noise of both put together. RLOO: A_i = r_i − mean of the other rewards of the prompt; loss = −(1/N) Σ_i A_i Σ_t log π(y_i,t)."
        source={sourceOf(accuracy)}
        command={commandOf('accuracy')}
        script={script(SteeringAccuracyDocument)}
      >
        {accuracy && <AccuracySection study={accuracy} view={view} />}
      </Section>
      <TrainingSection {...{ training, view, endpoint }} />
      <Section
        id="gain-curve"
        title="One layer at a time"
        sentence="A vector at one layer alone, trained by itself: which layers can be steered, and how far."
        formula="Mean over seeds with the 95 % interval of Student's t; of one seed Wilson's. The learning rate is chosen per layer."
        source={sourceOf(gainCurve)}
        command={commandOf('gain-curve')}
        script={script(SteeringLayersDocument)}
      >
        {gainCurve && <LayersSection study={gainCurve} />}
      </Section>
      <Section
        id="pairs"
        title="Two layers together"
        sentence="Vectors that were trained apart, added at the same time: whether they build on each other or get in each other's way."
        formula="gain = (pair − better single) / (all layers − better single)"
        source={sourceOf(pairs)}
        command={commandOf('pairs')}
        script={script(SteeringPairsDocument)}
      >
        {pairs && <PairMap study={pairs} />}
      </Section>
      <Section
        id="transfer"
        title="In another model of the family"
        sentence="Vectors trained on one model, added to the hidden states of another that was trained on from the same beginning."
        formula="part of its own gain = (accuracy with these vectors − base) / (accuracy with its own − base)"
        source={sourceOf(transfer)}
        command={commandOf('transfer')}
        script={script(SteeringTransferDocument)}
      >
        {transfer && <TransferMap study={transfer} />}
      </Section>
    </>
  );
}

type Head = Pick<SteeringStudyHeadFragment, 'provenance' | 'paper' | 'study'>;

function sourceOf(head: Head | null): SectionSource | null {
  return head && { provenance: head.provenance, paper: head.paper, ...head.study };
}
