/** Trials: dictionaries of an experiment at one seed each, with what was measured of them. Tables and curves are theirs. */
import { builder } from '../builder.ts';
import { parseFirst, TRIAL_LIST } from '../limits.ts';
import { TRIAL_ORDER } from '../loaders/trial.ts';
import type { Evaluation } from '../loaders/trial.ts';
import { DictionaryKind, DictionaryNode, ProvenanceRef } from './dictionary.ts';
import { HistogramRef } from './histogram.ts';
import { CorpusNode, ModelNode } from './model.ts';
import { RunNode } from './run.ts';

const EvaluationRef = builder.objectRef<Evaluation>('Evaluation');

const FIRST = `At most so many, up to ${TRIAL_LIST.most}.`;
const EXPERIMENT = 'boost, composition, k-sensitivity, token-curve, budget-curve, ...';

const TrialNode = builder.prismaNode('Trial', {
  id: { field: 'id' },
  description:
    'One dictionary of an experiment at one seed: its numbers are here whether or not it was published itself. Means and error bars over seeds are made of these.',
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'Natural key: experiment, subject, method and seed.' }),
    experiment: t.exposeString('experiment', {
      description: `The question it helps to answer: ${EXPERIMENT}`,
    }),
    method: t.exposeString('method', {
      description:
        'What was done: base, boost, extended-random, extended-active, stitching, fine-tuning, random-decoder, hierarchical-topk, topk, batch-topk, jumprelu, ...; docs/methods says how.',
    }),
    kind: t.expose('kind', { type: DictionaryKind, description: 'How it picks the acts of a token.' }),
    hookpoint: t.exposeString('hookpoint', {
      description: 'Named place in the model, e.g. layers.2.residual.post',
    }),
    domain: t.exposeString('domain', {
      nullable: true,
      description:
        'Kind of text it was adapted to, several joined by + where their boosts are summed; null where it was adapted to none.',
    }),
    seed: t.exposeInt('seed', { description: 'Seed of all its randomness.' }),
    width: t.exposeInt('width', { description: 'Number of features F, those of its base not counted.' }),
    k: t.exposeFloat('k', { description: 'Acts a token keeps, or keeps on average, as it was trained.' }),
    trainTokenCount: t.expose('trainTokenCount', {
      type: 'BigInt',
      description: 'Tokens it was trained on, repeats counted.',
    }),
    config: t.expose('config', { type: 'JSON', description: 'The whole flat config it was trained with.' }),
    recorded: t.exposeBoolean('recorded', {
      description: 'true: it was run before and its numbers came with the code; false: it was run here.',
    }),
    baseCosines: t.field({
      type: HistogramRef,
      description:
        'Its features by the greatest cosine of their decoder row with any decoder row of the base, in equal bins from -1 to 1; no bins where there is no base.',
      resolve: ({ baseCosines }) => ({ counts: baseCosines, lower: -1, upper: 1 }),
    }),
    model: t.field({
      type: ModelNode,
      description: 'The model it reads.',
      resolve: async ({ modelId }, _args, { loaders }) => (await loaders.model.load(modelId))!,
    }),
    base: t.field({
      type: DictionaryNode,
      nullable: true,
      description:
        'The dictionary it starts from or adds to; null for one of its own, and where the base is not published.',
      resolve: ({ baseId }, _args, { loaders }) => (baseId === null ? null : loaders.dictionary.load(baseId)),
    }),
    dictionary: t.field({
      type: DictionaryNode,
      nullable: true,
      description: 'The published dictionary it is; null where only its numbers can be seen.',
      resolve: ({ dictionaryId }, _args, { loaders }) =>
        dictionaryId === null ? null : loaders.dictionary.load(dictionaryId),
    }),
    run: t.field({
      type: RunNode,
      nullable: true,
      description: 'The run that made it; null where that is not on record.',
      resolve: ({ runId }, _args, { loaders }) => (runId === null ? null : loaders.run.load(runId)),
    }),
    provenance: t.field({
      type: ProvenanceRef,
      nullable: true,
      description: 'Everything needed to make it again.',
      resolve: ({ provenanceId }, _args, { loaders }) =>
        provenanceId === null ? null : loaders.provenance.load(provenanceId),
    }),
    evaluations: t.field({
      type: [EvaluationRef],
      description: 'What was measured of it, by corpus and budget.',
      args: { corpus: t.arg.string({ description: 'Slug of the only corpus.' }) },
      resolve: ({ id }, { corpus }, { loaders }) => loaders.evaluations.load([id, corpus ?? null]),
    }),
  }),
});

EvaluationRef.implement({
  description:
    'A trial measured on one corpus at one budget. x is a hidden, x̂ its reconstruction: of base and boost together where there is a base.',
  fields: (t) => ({
    corpus: t.field({
      type: CorpusNode,
      description: 'The text it was measured on.',
      resolve: async ({ corpusId }, _args, { loaders }) => (await loaders.corpus.load(corpusId))!,
    }),
    budget: t.exposeInt('budget', {
      description: 'Acts kept per token: by the base where there is one, else by the dictionary itself.',
    }),
    explainedVariance: t.exposeFloat('explainedVariance', {
      description:
        'EV = 1 - sum |x - x̂|^2 / sum |x - mean x|^2 over all tokens of the corpus, in fp64. 1 is perfect, 0 the mean.',
    }),
    fvu: t.float({
      description: 'Fraction of variance unexplained, FVU = 1 - EV. 0 is perfect.',
      resolve: ({ explainedVariance }) => 1 - explainedVariance,
    }),
    ceOriginal: t.exposeFloat('ceOriginal', {
      description: 'Mean next-token cross-entropy of the model untouched, nats per token.',
    }),
    ceSpliced: t.exposeFloat('ceSpliced', {
      description: 'The same with the reconstruction x̂ in the place of x, nats per token.',
    }),
    ceZero: t.exposeFloat('ceZero', {
      description: 'The same with the hookpoint set to zero, nats per token.',
    }),
    ceRecovered: t.exposeFloat('ceRecovered', {
      nullable: true,
      description:
        'CE recovered = (ceZero - ceSpliced) / (ceZero - ceOriginal), unclamped. 1 is perfect; null where zeroing does not hurt.',
    }),
    deltaCe: t.exposeFloat('deltaCe', {
      description: 'ΔCE = ceSpliced - ceOriginal, nats per token. 0 is perfect.',
    }),
    klNats: t.exposeFloat('klNats', {
      description: 'Mean KL(next token of the model untouched || with x̂ spliced in), nats per token.',
    }),
    l0: t.exposeFloat('l0', {
      description: 'L0: mean number of acts that are not 0, per token, of base and boost together.',
    }),
    residualL0: t.exposeFloat('residualL0', {
      nullable: true,
      description: 'L0 of the boost alone, acts per token; null where there is none.',
    }),
    deadFraction: t.exposeFloat('deadFraction', {
      description: 'Share of its own features that are silent on this corpus, 0 to 1.',
    }),
    tokenCount: t.expose('tokenCount', {
      type: 'BigInt',
      description: 'Tokens behind EV, L0 and the dead fraction; special tokens are left out.',
    }),
    ceTokenCount: t.expose('ceTokenCount', {
      type: 'BigInt',
      description: 'Tokens behind the cross-entropies and the KL.',
    }),
  }),
});

builder.prismaObjectField(DictionaryNode, 'trials', (t) =>
  t.field({
    type: [TrialNode],
    description:
      'Trials that start from it, add to it or are it, by experiment, domain, method, k, training tokens and seed.',
    args: {
      experiment: t.arg.string({ description: `Only this experiment: ${EXPERIMENT}` }),
      first: t.arg.int({ defaultValue: TRIAL_LIST.usual, description: FIRST }),
    },
    resolve: async ({ id }, { experiment, first }, { loaders }) => {
      const count = parseFirst(first, TRIAL_LIST, 'trials');
      const ids = await loaders.dictionaryTrialIds.load([id, experiment ?? null, count]);
      const found = await Promise.all(ids.map((row) => loaders.trial.load(row.id)));
      return found.filter((trial) => trial !== null);
    },
  }),
);

builder.queryFields((t) => ({
  trials: t.field({
    type: [TrialNode],
    description:
      'Trials of an experiment, by domain, method, k, training tokens and seed; none of an experiment nobody ran.',
    args: {
      experiment: t.arg.string({ required: true, description: EXPERIMENT }),
      base: t.arg.string({ description: 'Slug of the published dictionary they start from or add to.' }),
      domain: t.arg.string({
        description: 'Only those adapted to this kind of text, written as Trial.domain.',
      }),
      first: t.arg.int({ defaultValue: TRIAL_LIST.usual, description: FIRST }),
    },
    resolve: async (_root, { experiment, base, domain, first }, { db, loaders }) => {
      const take = parseFirst(first, TRIAL_LIST, 'trials');
      const baseId = base == null ? undefined : await loaders.dictionaryId.load(base);
      if (baseId === null) return [];
      const where = { experiment, baseId, domain: domain ?? undefined };
      return db.trial.findMany({ where, orderBy: [...TRIAL_ORDER], take });
    },
  }),
}));
