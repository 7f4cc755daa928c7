import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURE } from './fixture.ts';
import { createSteering } from './fixture-steering.ts';
import { collectStatements, openTestApi } from './testing.ts';
import type { Json, TestApi } from './testing.ts';

let test: TestApi;
beforeAll(async () => {
  test = await openTestApi();
});
afterAll(() => test.close());

const ok = async (query: string, variables?: object) => {
  const { data, errors } = await test.ask(query, variables);
  expect(errors).toBeUndefined();
  return data;
};

const { analyses, studies } = createSteering();
const ALL = 'fixture-model/all-seed-1';
const ADAPTIVE = 'fixture-model/adaptive-2-seed-1';
const SHARE = '{ value low high n }';
const QUARTILES = '{ min lower median upper max mean n }';
const TOKENS = '{ token text value }';
const ENDS = `{ top(first: 100) ${TOKENS} bottom(first: 100) ${TOKENS} }`;
const FIGURE = '{ name unit value text source }';
const SCORE = `{ testSet accuracy ${SHARE} samples }`;

/** What a record of an analysis or a study says beside its head. */
function ownOf(record: Json): Json {
  const heads = ['format', 'kind', 'part', 'vector', 'provenance', 'paper', 'model', 'modelParameterCount', 'seeds']; // prettier-ignore
  return Object.fromEntries(Object.entries(record).filter(([name]) => !heads.includes(name)));
}
const analysisOf = (slug: string, kind: string): Json =>
  ownOf(analyses.find((record) => record.vector === slug && record.kind === kind));
const studyOf = (part: string): Json => studies.find((study) => study.part === part)!;
/** As the schema writes what the records write in small letters. */
const loud = (rows: Json[], ...names: string[]): Json[] =>
  rows.map((row) => ({
    ...row,
    ...Object.fromEntries(names.map((name) => [name, row[name].toUpperCase()])),
  }));

describe('analyses of a set of vectors', () => {
  it('of vectors, text and hidden states come as they were stored', async () => {
    const { steeringVector } = await ok(`{ steeringVector(slug: "${ALL}") {
      logitLens { layers { layer dot ${ENDS} cosine ${ENDS} } finalDifference { dot ${ENDS} cosine ${ENDS} } } cosines { layers matrix }
      tokenShift { samples positions { position shift ${QUARTILES} baseEntropyNats steeredEntropyNats klNats } first ${QUARTILES} rest ${QUARTILES} firstTokens ${ENDS} }
      prefixTest { base ${SHARE} steered ${SHARE} prefixes { tokens text baseProbability steeredProbability accuracy ${SHARE} recovered } }
      persistence { samples layers { layer diffDiff ${SHARE} diffVector ${SHARE} norm } } } }`);
    expect(steeringVector).toEqual({
      ...{ logitLens: analysisOf(ALL, 'logit-lens'), cosines: analysisOf(ALL, 'cosines') },
      ...{ tokenShift: analysisOf(ALL, 'token-shift'), prefixTest: analysisOf(ALL, 'prefix') },
      persistence: analysisOf(ALL, 'persistence'),
    });
  });

  it('of layers, prompts and generations come as they were stored', async () => {
    const { all, adaptive } = await ok(`{ all: steeringVector(slug: "${ALL}") { tokenScaling { layer }
        patching { layer problems modes { mode accuracy ${SHARE} klNats ${SHARE} explained } }
        generations { problems { segments { segment text } question answer testSet base { text isCorrect ended } steered { text isCorrect ended } } } }
      adaptive: steeringVector(slug: "${ADAPTIVE}") { patching { layer } tokenScaling { layer segments { segment scale ${QUARTILES} size ${SHARE} }
        samples { tokens { token text segment scale } } } } }`);
    expect(all.patching).toEqual(analysisOf(ALL, 'patching'));
    const { problems } = analysisOf(ALL, 'generations');
    expect(all.generations.problems).toEqual(
      problems.map(({ segments, base, steered, ...row }: Json) => ({
        ...{ ...row, segments: loud(segments, 'segment') },
        ...{ base: loud([base], 'ended')[0], steered: loud([steered], 'ended')[0] },
      })),
    );
    const { layer, segments, samples } = analysisOf(ADAPTIVE, 'token-scaling');
    expect([all.tokenScaling, adaptive]).toEqual([
      null,
      {
        patching: null,
        tokenScaling: {
          ...{ layer, segments: loud(segments, 'segment') },
          samples: samples.map(({ tokens }: Json) => ({ tokens: loud(tokens, 'segment') })),
        },
      },
    ]);
  });

  it('lead to the features they name, and to none of a dictionary that is not here', async () => {
    const query = `{ steeringVector(slug: "${ALL}") { features { dictionarySlug dictionary { slug } hookpoint budget correct incorrect tested
      features(first: 3) { index feature { index dictionary { slug } } correctShare incorrectShare difference pValue qValue cosine tokens ${TOKENS} }
      decomposition { index feature { index } cosine explained tokens ${TOKENS} } explainedByChance steering { index feature { index } scale accuracy ${SHARE} } } } }`;
    const { features } = (await ok(query)).steeringVector;
    const record = analysisOf(ALL, 'features');
    const dictionary = { slug: FIXTURE.dictionary };
    const { tested, explainedByChance } = record;
    expect(features).toMatchObject({
      dictionarySlug: record.dictionary,
      dictionary,
      tested,
      explainedByChance,
    });
    expect(features.features).toEqual(
      record.features.slice(0, 3).map(({ feature: index, ...row }: Json) => ({
        ...{ ...row, index, feature: { index, dictionary } },
      })),
    );
    for (const name of ['decomposition', 'steering'])
      expect(features[name]).toEqual(
        record[name].map(({ feature: index, ...row }: Json) => ({ ...row, index, feature: { index } })),
      );
    const name = (slug: string) =>
      test.client.query(`update steering_analysis set record = jsonb_set(record, '{dictionary}', to_jsonb($1::text)) where kind = 'features'`, [slug]); // prettier-ignore
    await name('fixture-draft');
    const hidden = (await ok(query)).steeringVector.features;
    await name(FIXTURE.dictionary);
    expect([hidden.dictionarySlug, hidden.dictionary, hidden.features[0].feature, hidden.features[0].index]).toEqual(['fixture-draft', null, null, 3]); // prettier-ignore
  });

  it('are listed with how they were made; one of a shape nobody knows here is left out', async () => {
    const query = `{ steeringVector(slug: "${ALL}") { analyses { __typename kind recorded run { slug } provenance { command seconds } paper ${FIGURE}
      ... on SteeringPatching { problems } } cosines { layers } } }`;
    const { steeringVector } = await ok(query);
    expect(steeringVector.analyses).toHaveLength(8);
    const patching = steeringVector.analyses.find(({ kind }: Json) => kind === 'PATCHING');
    expect(patching).toMatchObject({ ...{ __typename: 'SteeringPatching', problems: 200, recorded: true, run: null, paper: [] } }); // prettier-ignore
    expect(patching.provenance.command).toContain('--kind patching');
    const prefix = steeringVector.analyses.find(({ kind }: Json) => kind === 'PREFIX');
    expect(prefix.paper).toEqual(analyses.find(({ kind }) => kind === 'prefix')!.paper);
    const set = (format: string) => test.client.query(`update steering_analysis set format = $1 where kind = 'cosines'`, [format]); // prettier-ignore
    await set('residua-steering-analysis-9');
    const later = (await ok(query)).steeringVector;
    await set('residua-steering-analysis-1');
    expect([later.cosines, later.analyses.length]).toEqual([null, 7]);
  });

  it('are read once, whatever is asked of whichever', async () => {
    const query = `{ steeringVectors(first: 20) { nodes { slug model { slug } layers { norm } scores { testSet } base { testSet }
      patching { layer modes { mode } } prefixTest { base { value } prefixes { text } } } } }`;
    await ok(query);
    // sets, models, layers, scores, heads, results
    expect((await collectStatements(() => ok(query))).length).toBe(6);
  });
});

describe('studies of steering vectors', () => {
  it('say how much is gained, seed by seed, with the vectors that are kept', async () => {
    const { accuracy } = (
      await ok(`{ steeringStudies { accuracy { modelSlug model { slug } modelParameterCount seeds paper ${FIGURE} provenance { command settings { name } }
        study { slug kind part recorded } base ${SCORE} conditions { name adapter reward parameterCount rate step { generateMs learnMs otherMs }
        accuracy { bySeed } hard: accuracy(testSet: "hard") { mean sd } none: accuracy(testSet: "none") { mean }
        runs { seed vector { slug } scores ${SCORE} curve(atMost: 2) { step tokens } } } } } }`)
    ).steeringStudies;
    const record = studyOf('accuracy');
    expect(accuracy).toMatchObject({
      ...{ modelSlug: FIXTURE.model, model: { slug: FIXTURE.model }, seeds: [1, 2, 3], base: record.base },
      ...{ modelParameterCount: 1_234_567, paper: record.paper },
      study: { slug: 'steering/accuracy/fixture', kind: 'steering', part: 'accuracy', recorded: true },
    });
    for (const [at, { runs, ...condition }] of accuracy.conditions.entries()) {
      const { name, adapter, scoresBySeed, curveBySeed, vectors, stepMs } = record.conditions[at];
      expect(condition).toMatchObject({ name, adapter: adapter.toUpperCase(), none: { mean: null } });
      expect(condition.accuracy.bySeed).toEqual(scoresBySeed.map((scores: Json) => scores[3].accuracy.value)); // prettier-ignore
      expect(condition.step).toEqual({ generateMs: stepMs.generate, learnMs: stepMs.learn, otherMs: stepMs.other }); // prettier-ignore
      expect(runs.map(({ scores }: Json) => scores)).toEqual(scoresBySeed);
      expect(runs.map(({ vector }: Json) => vector?.slug ?? null)).toEqual(vectors);
      expect(runs[0].curve).toEqual(curveBySeed[0].length === 0 ? [] : [{ step: 0, tokens: 0 }, { step: 60, tokens: 384_000 }]); // prettier-ignore
    }
  });

  it('are a gain curve, pairs and a transfer matrix', async () => {
    const { gainCurve, pairs, transfer } = (
      await ok(`{ steeringStudies(model: "${FIXTURE.model}") {
        gainCurve { testSet base ${SHARE} allLayers { seed vector { slug } accuracy ${SHARE} } layers { layer rate runs { seed vector { slug } accuracy ${SHARE} } } }
        pairs { testSet base ${SHARE} allLayers ${SHARE} singles { layer accuracy ${SHARE} } pairs { first second accuracy ${SHARE} gain } }
        transfer { testSet models { modelSlug model { slug } description base ${SHARE} } cells { donor recipient accuracy ${SHARE} normalised } } } }`)
    ).steeringStudies;
    const curve = studyOf('gain-curve');
    expect(gainCurve.allLayers).toEqual(curve.allLayers.map((accuracy: Json, at: number) => ({ seed: at + 1, vector: null, accuracy }))); // prettier-ignore
    expect(gainCurve.layers[1].runs).toEqual(
      curve.layers[1].bySeed.map((accuracy: Json, at: number) => ({
        ...{ seed: at + 1, accuracy, vector: at === 0 ? { slug: 'fixture-model/layer-1-seed-1' } : null },
      })),
    );
    expect(pairs).toEqual(ownOf(studyOf('pairs')));
    const { models, cells } = studyOf('transfer');
    expect(transfer.cells).toEqual(cells);
    expect(transfer.models).toEqual(
      models.map(({ model: modelSlug, ...row }: Json) => ({
        ...{ ...row, modelSlug, model: modelSlug === FIXTURE.model ? { slug: modelSlug } : null },
      })),
    );
  });

  it('are found as studies, too, and none of a model that nobody studied', async () => {
    const { none, study, lime, list } =
      await ok(`{ none: steeringStudies(model: "nobody") { accuracy { testSets: base { testSet } } gainCurve { testSet } pairs { testSet } transfer { testSet } }
      study(slug: "steering/pairs/fixture") { models { name } paper { name } provenance { device corpora { slug } training notes }
        loss { runs { model } } steering { seeds ... on SteeringPairStudy { pairs { first } } } }
      lime: limeStudy(part: LOSS) { steering { seeds } } list: studies(kind: "steering") { part } }`);
    expect(none).toEqual({ accuracy: null, gainCurve: null, pairs: null, transfer: null });
    expect(study).toMatchObject({
      ...{ models: [{ name: 'fixture-model' }], paper: [], loss: null, steering: { seeds: [1, 2, 3] } },
      provenance: { corpora: [{ slug: 'fixture-arithmetic' }], training: { steps: 60 } },
    });
    expect(study.steering.pairs).toHaveLength(6);
    expect([lime.steering, list.length]).toEqual([null, 4]);
  });

  it('show that of most tokens, then of most seeds, then the newest', async () => {
    const picked = async () => (await ok('{ steeringStudies { pairs { study { slug } } } }')).steeringStudies.pairs.study.slug; // prettier-ignore
    const copy = (slug: string, seeds: number[], tokens: number) =>
      test.client.query(
        `insert into study (slug, kind, part, title, format, record, command, code_commit, backend, seeds, train_token_count)
         select $1, kind, part, title, format, record, command, code_commit, backend, $2, train_token_count + $3 from study
         where slug = 'steering/pairs/fixture'`,
        [slug, seeds, tokens],
      );
    await copy('fewer-seeds', [1], 0);
    expect(await picked()).toBe('steering/pairs/fixture');
    await copy('newer', [4, 5, 6], 0);
    expect(await picked()).toBe('newer');
    await copy('longer', [1], 1);
    expect(await picked()).toBe('longer');
    await test.client.query(`delete from study where slug in ('fewer-seeds', 'newer', 'longer')`);
  });
});
