/** Labels: words for a feature, who said them, and how well they predict it. */
import { builder } from '../builder.ts';
import type { Label, Score } from '../loaders/label.ts';
import { FeatureRef } from './feature.ts';

export const LabelRef = builder.objectRef<Label>('Label');
const ScoreRef = builder.objectRef<Score>('Score');

const ScoreStatus = builder.enumType('ScoreStatus', {
  description: 'What came of scoring a label: absent, failed and zero are three things.',
  values: {
    OK: { value: 'ok', description: 'There is a value.' },
    FAILED: { value: 'failed', description: 'The scorer broke.' },
    SKIPPED: { value: 'skipped', description: 'The scorer does not judge such features.' },
    NOT_ENOUGH_EXAMPLES: { value: 'not_enough_examples', description: 'Too few examples to judge by.' },
  } as const,
});

builder.objectFields(FeatureRef, (t) => ({
  labels: t.field({
    type: [LabelRef],
    description: 'Words for it: best score first, the newest among equals.',
    resolve: ({ dictionaryId, index }, _args, { loaders }) => loaders.labels.load([dictionaryId, index]),
  }),
  label: t.field({
    type: LabelRef,
    nullable: true,
    description: 'The first of its labels; null where nobody has labelled it.',
    resolve: async ({ dictionaryId, index }, _args, { loaders }) =>
      (await loaders.labels.load([dictionaryId, index]))[0] ?? null,
  }),
}));

builder.node(LabelRef, {
  id: { resolve: ({ id }) => id },
  description: 'Words for a feature, by a named explainer.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'The words.' }),
    explainer: t.exposeString('explainer', { description: 'Who wrote them: token-statistics, ...' }),
    version: t.exposeString('version', { description: 'Version of the explainer.' }),
    model: t.exposeString('model', { description: 'Model behind the explainer; empty for one without.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they were written.' }),
    scores: t.field({
      type: [ScoreRef],
      description: 'How well they predict where the feature acts, by scorer.',
      resolve: ({ id }, _args, { loaders }) => loaders.scores.load([id]),
    }),
  }),
});

ScoreRef.implement({
  description: 'How well a label predicts where its feature acts.',
  fields: (t) => ({
    scorer: t.exposeString('scorer', { description: 'Who judged.' }),
    version: t.exposeString('version', { description: 'Version of the scorer.' }),
    status: t.expose('status', { type: ScoreStatus, description: 'Whether there is a value.' }),
    value: t.exposeFloat('value', {
      nullable: true,
      description:
        "0 to 1 in the scorer's own measure (docs/methods/metrics.md); null unless the status is OK.",
    }),
    exampleCount: t.exposeInt('exampleCount', { description: 'Examples judged.' }),
  }),
});
