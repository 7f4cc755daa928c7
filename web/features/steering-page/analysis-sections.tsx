/** Every analysis of a set of vectors as a section of its page; those that make no sense of this set are left out. */
import {
  VectorCosinesDocument,
  VectorFeaturesDocument,
  VectorLensDocument,
  VectorPatchingDocument,
  VectorPersistenceDocument,
  VectorPrefixDocument,
  VectorScalingDocument,
  VectorShiftDocument,
  VectorTextsDocument,
} from '../../graphql/generated/graphql.ts';
import { CosineMap, PersistenceCharts } from './cosine-section.tsx';
import { FeatureSection } from './feature-section.tsx';
import { mainScore } from './gain-section.tsx';
import { LensSection } from './lens-section.tsx';
import { FEATURES, type LoadedAnalyses } from './load-vector.ts';
import { PatchSection } from './patch-section.tsx';
import { PrefixSection } from './prefix-section.tsx';
import { ScalingSection } from './scaling-section.tsx';
import { Section } from './section.tsx';
import { ShiftSection } from './shift-section.tsx';
import { TextsSection } from './texts-section.tsx';
import type { Vector } from './vector-types.ts';
import type { VectorView } from './vector-view.ts';

export interface AnalysisSectionsProps {
  readonly vector: Vector;
  readonly analyses: LoadedAnalyses;
  readonly view: VectorView;
  readonly endpoint: string;
}

export function AnalysisSections({ vector, analyses, view, endpoint }: AnalysisSectionsProps) {
  const { slug, layers, model, adapter } = vector;
  const { lens, cosines, shift, prefix, persistence, patching, scaling, features, texts } = analyses;
  const command = (kind: string) => `npx residua steer analyse ${slug} --kind ${kind}`;
  const script = (query: { toString(): string }, more: Readonly<Record<string, unknown>> = {}) => ({
    query,
    variables: { slug, ...more },
    endpoint,
  });
  const isPenultimate = layers.some(({ layer }) => layer === (model?.layerCount ?? 0) - 2);
  return (
    <>
      <Section
        id="lens"
        title="Tokens it writes"
        sentence="The logit lens: the vector held against every row of the unembedding tells which tokens it makes likelier by itself. Long rows count for more by dot product, not by cosine."
        formula="dot: (g ⊙ u_token) · s; cosine: the same over ‖g ⊙ u_token‖ ‖s‖. u: a row of the unembedding, g: the gain of the final norm, s: the vector."
        source={lens}
        command={command('logit-lens')}
        script={script(VectorLensDocument)}
      >
        {lens && <LensSection {...{ lens, view, slug }} />}
      </Section>
      {(layers.length > 1 || cosines) && (
        <Section
          id="cosines"
          title="Layer by layer"
          sentence="Whether the vectors of different layers point the same way."
          formula="cos(s_i, s_j) = s_i · s_j / (‖s_i‖ ‖s_j‖)"
          source={cosines}
          command={command('cosines')}
          script={script(VectorCosinesDocument)}
        >
          {cosines && <CosineMap cosines={cosines} />}
        </Section>
      )}
      <Section
        id="shift"
        title="Where probabilities move"
        sentence="Both models read the same answers of the steered one: how much likelier the vectors made each token that was written, by its place in the answer."
        formula="Δp(t) = p_steered(y_t | y_<t) − p_base(y_t | y_<t). Boxes hold the middle half of the answers, whiskers all of them, the bar is the median, the dot the mean. KL and entropy are over the whole vocabulary."
        source={shift}
        command={command('token-shift')}
        script={script(VectorShiftDocument)}
      >
        {shift && <ShiftSection shift={shift} />}
      </Section>
      <Section
        id="prefix"
        title="Is it a first word?"
        sentence="The untouched model answers, made to begin with a token that the vectors favour: what of their gain it has by that alone."
        formula="recovered = (accuracy with the prefix − base) / (steered − base)"
        source={prefix}
        command={command('prefix')}
        script={script(VectorPrefixDocument)}
      >
        {prefix && <PrefixSection test={prefix} />}
      </Section>
      <Section
        id="persistence"
        title="Does it last?"
        sentence="The change of the hidden state behind each layer: whether it keeps one direction over the answer, and whether that is still the direction of the vector added last."
        formula="diff_l(t) = h_steered(t) − h_base(t) behind layer l, same text. With its own mean: mean over t of cos(diff_l(t), mean_t diff_l). With the vector: mean over t of cos(diff_l(t), s of this layer or of the nearest below that has one)."
        source={persistence}
        command={command('persistence')}
        script={script(VectorPersistenceDocument)}
      >
        {persistence && <PersistenceCharts persistence={persistence} />}
      </Section>
      {(isPenultimate || patching) && (
        <Section
          id="patching"
          title="Through which path"
          sentence="The vector of the layer before the last, let through the last layer by one part at a time, or by all parts but one."
          formula="explained = 1 − KL(steered ‖ path) / KL(steered ‖ base), nats per generated token of steered answers. Past attention: queries, keys and values are those of the unsteered stream. Past the layer: the vector is added behind the last layer."
          source={patching}
          command={command('patching')}
          script={script(VectorPatchingDocument)}
        >
          {patching && <PatchSection patching={patching} />}
        </Section>
      )}
      {(adapter === 'ADAPTIVE' || scaling) && (
        <Section
          id="scaling"
          title="On which tokens"
          sentence="The direction is fixed, its size is read off every token: where in a prompt the vector is strong."
          formula="scale(t) = (A · h_t) ‖B‖ / mean ‖h‖. B: the direction, A: the read-out of the MLP's inner acts h_t."
          source={scaling}
          command={command('token-scaling')}
          script={script(VectorScalingDocument)}
        >
          {scaling && <ScalingSection scaling={scaling} />}
        </Section>
      )}
      <Section
        id="features"
        title="Read by a dictionary"
        sentence="Features that fire more often in right or in wrong answers, the vector in terms of features, and single features steering in its place."
        formula="Fisher's exact test, two-sided, of fires or not against right or wrong, one count per answer; q: Benjamini and Hochberg over all features that ever fire. cos: decoder row with the vector of the hookpoint's layer."
        source={features}
        command={command('features')}
        script={script(VectorFeaturesDocument, { first: FEATURES })}
      >
        {features && (
          <FeatureSection
            reading={features}
            base={mainScore(vector.base)?.accuracy}
            steered={mainScore(vector.scores)?.accuracy}
          />
        )}
      </Section>
      <Section
        id="texts"
        title="Answers side by side"
        sentence="The same problems answered without and with the vectors, sampled with the same seed; what both texts share stands back, the word where they part is marked."
        formula="Right: the last \boxed{…} equals the answer, numbers compared as numbers."
        source={texts}
        command={command('generations')}
        script={script(VectorTextsDocument)}
      >
        {texts && <TextsSection generations={texts} {...{ view, slug }} />}
      </Section>
    </>
  );
}
