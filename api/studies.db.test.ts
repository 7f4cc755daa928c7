import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURE } from './fixture.ts';
import { createStudies } from './fixture-study.ts';
import { codesOf, collectStatements, openTestApi } from './testing.ts';
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

const records = createStudies();
const recordOf = (part: string): Json => records.find((study) => study.part === part)!.record;

describe('studies', () => {
  it('come by kind and part, of each the one trained on most tokens first', async () => {
    const { all, loss, none, few } = await ok(`{
      all: studies(kind: "lime") { slug } loss: studies(kind: "lime", part: "loss") { slug recorded run { slug } provenance { tokens seeds } }
      none: studies(kind: "palmistry") { slug } few: studies(kind: "lime", first: 2) { part } }`);
    expect(all).toHaveLength(records.length);
    expect(loss).toEqual([
      {
        slug: 'lime/loss/long',
        recorded: true,
        run: null,
        provenance: { tokens: 2_000_000, seeds: [1, 2, 3] },
      },
      {
        ...{ slug: 'lime/loss/short', recorded: false, run: { slug: FIXTURE.finishedRun } },
        provenance: { tokens: 200_000, seeds: [1] },
      },
    ]);
    expect([none, few.map(({ part }: Json) => part)]).toEqual([[], ['ablation', 'arithmetic']]);
    expect(codesOf(await test.ask('{ studies(first: 0) { slug } }'))).toEqual(['BAD_PAGE_SIZE']);
  });

  it('are found by slug, by part and by global id, and none where there is none', async () => {
    const { study, part, picked, wrong, nothing } = await ok(`{
      study(slug: "lime/loss/short") { id part } part: limeStudy(part: LOSS) { slug }
      picked: limeStudy(part: LOSS, slug: "lime/loss/short") { slug }
      wrong: limeStudy(part: ROUTERS, slug: "lime/loss/short") { slug } nothing: study(slug: "nothing") { slug } }`);
    expect([part.slug, picked.slug, wrong, nothing]).toEqual([
      'lime/loss/long',
      'lime/loss/short',
      null,
      null,
    ]);
    const { node } = await ok('query ($id: ID!) { node(id: $id) { ... on Study { slug } } }', {
      id: study.id,
    });
    expect(node.slug).toBe('lime/loss/short');
  });

  it('say how they were made, of which models, and what the paper has', async () => {
    const { limeStudy } = await ok(`{ limeStudy(part: ARITHMETIC) { kind format title
      provenance { command codeCommit backend device threads corpora { slug sha256 } training seconds notes }
      models { name variant layers width heads kvHeads mlpWidth vocabSize contextLength parameterCount routerParameterCount
        forwardFlops lime { routers sources uniform } model { slug } }
      paper { name unit base lime source } } }`);
    const { provenance, paper } = recordOf('arithmetic');
    expect(provenance).toMatchObject(limeStudy.provenance);
    expect(limeStudy.paper).toEqual(paper);
    const [base, lime] = limeStudy.models;
    expect(base).toMatchObject({ ...provenance.models[0], lime: null, model: null });
    expect(lime).toMatchObject({
      ...{ routerParameterCount: (2 + 3 + 4) * 16, parameterCount: provenance.models[1].parameterCount },
      lime: { routers: 'static', sources: 'all', uniform: false },
      model: { slug: FIXTURE.model },
    });
  });

  it('of steering name the model and its siblings, and what the paper has, too', async () => {
    const { studies } =
      await ok(`{ studies(kind: "steering") { part models { name variant layers parameterCount model { slug } }
      paper { name unit base lime value text source } } }`);
    const of = (part: string): Json => studies.find((study: Json) => study.part === part)!;
    const own = { name: 'fixture-model', variant: null, layers: null, parameterCount: 1_234_567, model: { slug: FIXTURE.model } }; // prettier-ignore
    expect(of('accuracy').models).toEqual([own]);
    expect(of('transfer').models).toEqual([
      own,
      ...['fixture-model-steps', 'fixture-model-terse'].map((name) => ({ ...own, name, parameterCount: null, model: null })), // prettier-ignore
    ]);
    expect(of('accuracy').paper).toEqual([
      {
        ...{ name: 'vectors against full training', unit: 'finding', base: null, lime: null, value: null },
        ...{ text: 'Vectors come within a few points of full fine-tuning.', source: 'table 1' },
      },
    ]);
  });

  it('give results of their own part alone', async () => {
    const data = await ok('{ limeStudy(part: LOSS) { arithmetic { testSamples } collapse { entropyAlpha } routers { models { model } } ablation { rows { model } } loss { runs { model } } } }'); // prettier-ignore
    expect(data.limeStudy).toMatchObject({ arithmetic: null, collapse: null, routers: null, ablation: null });
    expect(data.limeStudy.loss.runs.map(({ model }: Json) => model)).toEqual(['llama-4', 'lime-4', 'llama-8', 'lime-8']); // prettier-ignore
  });

  it('give none of a format they do not know', async () => {
    const set = (format: string) =>
      test.client.query('update study set format = $1 where slug = $2', [format, 'lime/loss/short']);
    await set('residua-lime-study-9');
    const { study } = await ok('{ study(slug: "lime/loss/short") { format loss { runs { model } } } }');
    await set('residua-lime-study-1');
    expect(study).toEqual({ format: 'residua-lime-study-9', loss: null });
  });
});

describe('results of a study', () => {
  it('are curves as they were, thinned evenly where fewer points are asked for', async () => {
    const query = `query ($atMost: Int) { limeStudy(part: LOSS) { loss {
      runs { curves { points(atMost: $atMost) { step tokens flops lossNats } } finalLoss { bySeed mean sd } }
      comparisons { layers base lime flopsSaved { bySeed mean } lossDifferenceAtEqualFlops { bySeed } lossDifferenceAtEqualTokens { bySeed } }
      stepTimes { model medianMsByRound } } } }`;
    const { loss } = (await ok(query)).limeStudy;
    const record = recordOf('loss');
    expect(loss.runs[0].curves.map(({ points }: Json) => points)).toEqual(record.runs[0].curveBySeed);
    const losses: number[] = record.runs[0].finalLossBySeed;
    const mean = losses.reduce((a, b) => a + b, 0) / 3;
    expect(loss.runs[0].finalLoss.bySeed).toEqual(losses);
    expect(loss.runs[0].finalLoss.mean).toBeCloseTo(mean, 12);
    expect(loss.runs[0].finalLoss.sd).toBeCloseTo(
      Math.sqrt(losses.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2),
      12,
    );
    expect(loss.stepTimes).toEqual(record.stepTimes);
    expect(loss.comparisons[1].flopsSaved.bySeed).toEqual(record.comparisons[1].flopsSavedBySeed);
    const thinned = (await ok(query, { atMost: 3 })).limeStudy.loss.runs[0].curves[0].points;
    expect(thinned.map(({ step }: Json) => step)).toEqual([25, 525, 1000]);
    expect(codesOf(await test.ask(query, { atMost: 1 }))).toEqual(['BAD_PAGE_SIZE']);
  });

  it('know a seed that never got there', async () => {
    const set = (value: string) =>
      test.client.query(
        `update study set record = jsonb_set(record, '{comparisons,0,flopsSavedBySeed,1}', $1::jsonb) where slug = 'lime/loss/long'`,
        [value],
      );
    const saved = recordOf('loss').comparisons[0].flopsSavedBySeed;
    await set('null');
    const { limeStudy } = await ok('{ limeStudy(part: LOSS) { loss { comparisons { flopsSaved { bySeed mean sd } } } } }'); // prettier-ignore
    await set(String(saved[1]));
    const { bySeed, mean } = limeStudy.loss.comparisons[0].flopsSaved;
    expect(bySeed).toEqual([saved[0], null, saved[2]]);
    expect(mean).toBeCloseTo((saved[0] + saved[2]) / 2, 12);
  });

  it('are accuracies, lines by layer and variants', async () => {
    const { arithmetic, collapse, ablation } = await ok(`{
      arithmetic: limeStudy(part: ARITHMETIC) { arithmetic { operands testSamples runs { model accuracy { operands accuracy { bySeed } } chainAccuracy { operands accuracy { bySeed } } } } }
      collapse: limeStudy(part: COLLAPSE) { collapse { entropy { model of layers { layer value { bySeed } } } entropyAlpha entropyWindows entropyTokens separability { of } separabilityWords separabilityOccurrences separabilityFolds } }
      ablation: limeStudy(part: ABLATION) { ablation { rows { model variant loss { bySeed } perplexity { bySeed } paperChangePercent } } } }`);
    const sums = recordOf('arithmetic');
    expect(arithmetic.arithmetic).toMatchObject({ operands: [4, 5, 6], testSamples: 500 });
    expect(arithmetic.arithmetic.runs[1].chainAccuracy).toEqual(
      sums.runs[1].chainAccuracy.map(({ operands, bySeed }: Json) => ({ operands, accuracy: { bySeed } })),
    );
    const { entropy, ...rest } = collapse.collapse;
    expect(entropy[1]).toEqual({
      ...{ model: 'llama-8', of: 'HIDDEN' },
      layers: recordOf('collapse').entropy[1].layers.map(({ layer, bySeed }: Json) => ({
        layer,
        value: { bySeed },
      })),
    });
    expect(rest).toMatchObject({ entropyAlpha: 0.99, entropyTokens: 128, separabilityFolds: 5 });
    const last = ablation.ablation.rows.at(-1);
    expect(last).toMatchObject({ variant: 'lime', paperChangePercent: 0 });
    expect(last.loss.bySeed).toEqual(recordOf('ablation').rows.at(-1).lossBySeed);
  });

  it('are routers of one model, seed and layer where asked', async () => {
    const { limeStudy } =
      await ok(`{ limeStudy(part: ROUTERS) { routers { all: models { model readouts { seed } }
      models(name: "lime-8") { pruning { topP pruned { mean } loss { bySeed } } readouts(seed: 2) { heatMap selfRetrieval expectedDepth effectiveLayers perHead(layer: 7) weights(layer: 7) none: weights(layer: 0) } } } } }`);
    const { all, models } = limeStudy.routers;
    expect(all.map(({ model, readouts }: Json) => [model, readouts.length])).toEqual([['lime-4', 3], ['lime-8', 3]]); // prettier-ignore
    const [readout] = models[0].readouts;
    const record = recordOf('routers').models[1].readouts[1];
    const { heatMap, selfRetrieval, expectedDepth, effectiveLayers } = record;
    expect(readout).toEqual({
      ...{ heatMap, selfRetrieval, expectedDepth, effectiveLayers, none: [] },
      ...{ perHead: record.perHead[7], weights: record.weights[7] },
    });
    const beyond =
      '{ limeStudy(part: ROUTERS) { routers { models(name: "lime-8") { readouts(seed: 2) { weights(layer: 8) } } } } }';
    expect(codesOf(await test.ask(beyond))).toEqual(['BAD_USER_INPUT']);
  });

  it('cost what they weigh: all weights of many studies are too much, one layer is not', async () => {
    const weights = '{ routers { models { readouts { weights(layer: 1) } } } }';
    expect(codesOf(await test.ask(`{ studies(first: 50) ${weights} }`))).toEqual(['TOO_COSTLY']);
    await ok('{ limeStudy(part: ROUTERS) { routers { models(name: "lime-4") { readouts(seed: 1) { weights(layer: 1) } } } } }'); // prettier-ignore
  });

  it('are read once for all fields, and not at all for the head', async () => {
    const head = '{ studies { slug provenance { command } models { name model { slug } } paper { name } } }';
    await ok(head);
    // studies, heads, links, models
    expect((await collectStatements(() => ok(head))).length).toBe(4);
    const results =
      '{ limeStudy(part: LOSS) { loss { runs { model } comparisons { base } } more: loss { stepTimes { model } } } }';
    await ok(results);
    expect((await collectStatements(() => ok(results))).length).toBe(2);
  });
});

describe('a model', () => {
  it('has the studies that speak of it', async () => {
    const { model } = await ok(`{ model(slug: "${FIXTURE.model}") { studies { slug } hookpoints } }`);
    expect(model.studies.map(({ slug }: Json) => slug)).toEqual([
      ...['lime/arithmetic/long', 'lime/loss/long', 'lime/loss/short', 'lime/routers/long'],
      ...['accuracy', 'gain-curve', 'pairs', 'transfer'].map((part) => `steering/${part}/fixture`),
    ]);
    expect(model.hookpoints).toHaveLength(1 + 4 * 6);
    expect(model.hookpoints.slice(0, 2)).toEqual(['embed', 'layers.0.residual.pre']);
  });

  it('says how it is built, as its config has it', async () => {
    const { model } = await ok(`{ model(slug: "${FIXTURE.model}") { architecture { norm positions ropeTheta mlp attentionBias tiedEmbeddings lime { sources } ropeScaling { kind } } } }`); // prettier-ignore
    expect(model.architecture).toEqual({
      ...{ norm: 'rms', positions: 'rope', ropeTheta: 10_000, mlp: 'swiglu', attentionBias: 'none' },
      ...{ tiedEmbeddings: false, lime: null, ropeScaling: null },
    });
  });
});
