import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURE } from './fixture.ts';
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

const BASE = FIXTURE.dictionary;
const [CODE] = FIXTURE.boosts.map(({ slug }) => slug);

describe('the trials of an experiment', () => {
  it('come by domain, method, k, training tokens and seed, three seeds of each', async () => {
    const { trials } = await ok('{ trials(experiment: "k-sensitivity") { domain method k seed } }');
    expect(trials.map(({ domain, k, seed }: Json) => [domain, k, seed])).toEqual(
      ['code', 'russian'].flatMap((domain) =>
        [2, 5, 10, 20].flatMap((k) => [1, 2, 3].map((seed) => [domain, k, seed])),
      ),
    );
    const { trials: composed } = await ok('{ trials(experiment: "composition") { domain seed } }');
    const domains = [null, 'code', 'code+russian', 'russian'];
    expect(composed).toEqual(domains.flatMap((domain) => [1, 2, 3].map((seed) => ({ domain, seed }))));
  });

  it('are of one base and one domain where asked, and none where nobody ran them', async () => {
    const { all, code, none, ofNothing, ofBoost, own } = await ok(`{
      all: trials(experiment: "boost", base: "${BASE}") { slug }
      code: trials(experiment: "boost", base: "${BASE}", domain: "code") { domain }
      none: trials(experiment: "nothing") { slug } ofNothing: trials(experiment: "boost", base: "nothing") { slug }
      ofBoost: trials(experiment: "boost", base: "${CODE}") { slug }
      own: trials(experiment: "budget-curve", first: 5) { base { slug } domain baseCosines { counts } } }`);
    expect(all).toHaveLength(42);
    expect(code).toEqual(Array(21).fill({ domain: 'code' }));
    expect([none, ofNothing, ofBoost]).toEqual([[], [], []]);
    expect(own).toEqual(Array(5).fill({ base: null, domain: null, baseCosines: { counts: [] } }));
  });

  it('carry everything that was measured, by corpus and budget', async () => {
    const { trials } =
      await ok(`{ trials(experiment: "budget-curve") { method k recorded run { slug } model { slug } width trainTokenCount config
      evaluations { corpus { slug } budget explainedVariance fvu ceOriginal ceSpliced ceZero ceRecovered deltaCe klNats l0 residualL0 deadFraction tokenCount ceTokenCount }
      none: evaluations(corpus: "russian-messages") { budget } } }`);
    const hierarchical = trials.filter(({ method }: Json) => method === 'hierarchical-topk');
    expect(hierarchical).toHaveLength(3);
    for (const { evaluations, none } of hierarchical) {
      expect(evaluations.map(({ budget }: Json) => budget)).toEqual([4, 8, 16, 32, 64]);
      expect(none).toEqual([]);
      for (const row of evaluations) {
        expect(row.corpus.slug).toBe('english-prose');
        expect(row.fvu).toBeCloseTo(1 - row.explainedVariance, 12);
        expect(row.deltaCe).toBeCloseTo(row.ceSpliced - row.ceOriginal, 12);
        expect(row).toMatchObject({ residualL0: null, tokenCount: 100_000, ceTokenCount: 20_000 });
      }
    }
    expect(hierarchical[0]).toMatchObject({
      ...{ recorded: false, run: { slug: FIXTURE.finishedRun }, model: { slug: FIXTURE.model } },
      ...{ k: 64, width: 200, trainTokenCount: 1_000_000, config: { seed: 1 } },
    });
    expect(hierarchical[1]).toMatchObject({ recorded: true, run: null });
    const { trials: boosts } = await ok(
      '{ trials(experiment: "boost", domain: "code") { method evaluations { corpus { slug } } code: evaluations(corpus: "typescript-declarations") { residualL0 } } }',
    );
    for (const { method, evaluations, code } of boosts) {
      const slugs = evaluations.map(({ corpus }: Json) => corpus.slug);
      expect(slugs).toEqual(['english-prose', 'russian-messages', 'typescript-declarations']);
      expect(code).toEqual([{ residualL0: method === 'base' ? null : 7.2 }]);
    }
  });

  it('say what they are only where it is published', async () => {
    const query = `{ trials(experiment: "boost", domain: "code") { slug method seed base { slug } dictionary { slug } } ofBase: trials(experiment: "boost", base: "${BASE}") { slug } }`;
    const first = (trials: Json[], method: string) =>
      trials.find((trial) => trial.method === method && trial.seed === 1);
    const { trials } = await ok(query);
    expect(first(trials, 'boost')).toMatchObject({ base: { slug: BASE }, dictionary: { slug: CODE } });
    // It is the draft.
    expect(first(trials, 'stitching').dictionary).toBeNull();
    await test.client.query('update dictionary set published_at = null where slug = any($1)', [[BASE, CODE]]);
    const hidden = await ok(query);
    await test.client.query('update dictionary set published_at = now() where slug = any($1)', [
      [BASE, CODE],
    ]);
    expect(hidden.trials).toHaveLength(trials.length);
    expect(first(hidden.trials, 'boost')).toMatchObject({ base: null, dictionary: null });
    expect(hidden.ofBase).toEqual([]);
  });

  it('take few statements with everything that hangs on them', async () => {
    const query = `{ trials(experiment: "boost") { slug model { slug } base { slug } dictionary { slug } run { slug } provenance { command }
      evaluations { corpus { slug } explainedVariance } baseCosines { counts } } }`;
    await ok(query);
    const texts = await collectStatements(() => ok(query));
    // trials, models, dictionaries, runs, evaluations, corpora; of no trial the provenance is known
    expect(texts.length, texts.join('\n\n')).toBe(6);
  });
});

describe('the trials of a dictionary', () => {
  it('are those that are it and those that start from it', async () => {
    const data =
      await ok(`{ base: dictionary(slug: "${BASE}") { all: trials { experiment } budgets: trials(experiment: "budget-curve") { slug method seed } few: trials(first: 2) { experiment } }
      boost: dictionary(slug: "${CODE}") { trials { experiment method domain seed dictionary { slug } } } }`);
    const experiments = data.base.all.map(({ experiment }: Json) => experiment);
    expect(experiments).toEqual([...experiments].sort());
    expect(new Set(experiments).size).toBe(5);
    expect(data.base.budgets).toMatchObject([{ method: 'hierarchical-topk', seed: 1 }]);
    expect(data.base.few).toEqual([{ experiment: 'boost' }, { experiment: 'boost' }]);
    expect(data.boost.trials).toEqual([
      { experiment: 'boost', method: 'boost', domain: 'code', seed: 1, dictionary: { slug: CODE } },
    ]);
  });

  it('take two statements for any number of dictionaries', async () => {
    const query = '{ dictionaries { nodes { trials(experiment: "boost") { slug } } } }';
    await ok(query);
    const texts = await collectStatements(() => ok(query));
    expect(texts.length, texts.join('\n\n')).toBe(3);
  });
});

describe('the passages of a boost', () => {
  const PASSAGES = `query ($slug: String!, $corpus: String, $first: Int) { dictionary(slug: $slug) { passages(corpus: $corpus) {
    id rank start corpus { slug } tokens { text bytes index base(first: $first) { index act } boost(first: $first) { index act feature { index dictionary { slug } label { text } } }
      baseError boostedError ceOriginal ceBase ceBoosted } } } }`;
  const passages = async (variables: object) => (await ok(PASSAGES, variables)).dictionary.passages;

  it('come by rank, of one corpus where asked, and other dictionaries have none', async () => {
    const all = await passages({ slug: CODE });
    expect(all.map(({ rank }: Json) => rank)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const prose = await passages({ slug: CODE, corpus: 'english-prose' });
    expect(prose).toEqual(all.filter(({ corpus }: Json) => corpus.slug === 'english-prose'));
    expect(prose).toHaveLength(2);
    expect(new Set(all.map(({ id }: Json) => id)).size).toBe(8);
    expect(await passages({ slug: CODE, corpus: 'nowhere' })).toEqual([]);
    expect(await passages({ slug: BASE })).toEqual([]);
  });

  it('show every token with its acts, strongest first and without padding, and what it costs', async () => {
    const { rows } = await test.client.query<Json>(
      'select * from passage where dictionary_id = $1 order by rank limit 1',
      [test.ids.boosts[0]],
    );
    const [{ tokens }] = await passages({ slug: CODE, first: 8 });
    expect(Buffer.from(tokens.map(({ bytes }: Json) => bytes).join(''), 'hex').toString()).toContain(
      'export',
    );
    expect(tokens).toHaveLength(32);
    tokens.forEach((token: Json, at: number) => {
      for (const [of, width] of [
        ['base', rows[0].base_width],
        ['boost', rows[0].boost_width],
      ]) {
        const cut = <Value>(values: Value[]) => values.slice(at * width, (at + 1) * width);
        const [indices, acts] = [cut<number>(rows[0][`${of}_indices`]), cut<number>(rows[0][`${of}_acts`])];
        const stored = acts.flatMap((act, i) => (act > 0 ? [{ index: indices[i], act }] : []));
        expect(token[of].map(({ index, act }: Json) => ({ index, act }))).toEqual(stored);
        expect(stored.map(({ act }) => act)).toEqual(acts.filter((act) => act > 0).sort((a, b) => b - a));
      }
      expect(token.baseError).toBe(rows[0].base_errors[at]);
      expect(token.boostedError).toBe(rows[0].boosted_errors[at]);
      // The window ends before the token whose loss it would be.
      expect(token.ceOriginal).toBe(at < 31 ? rows[0].ce_original[at] : null);
      expect(token.ceBase === null).toBe(at === 31);
      for (const { index, feature } of token.boost)
        expect(feature).toMatchObject({ index, dictionary: { slug: CODE } });
    });
    expect(tokens.filter(({ boost }: Json) => boost.length > 0).length).toBeGreaterThan(5);
    const few = await passages({ slug: CODE, first: 1 });
    expect(few[0].tokens[0].base).toEqual(tokens[0].base.slice(0, 1));
  });

  it('keep the acts of a base to themselves that is not published', async () => {
    const set = (value: string) =>
      test.client.query(`update dictionary set published_at = ${value} where slug = $1`, [BASE]);
    await set('null');
    const hidden = await passages({ slug: CODE });
    await set('now()');
    expect(hidden.every(({ tokens }: Json) => tokens.every(({ base }: Json) => base.length === 0))).toBe(
      true,
    );
    expect(hidden.some(({ tokens }: Json) => tokens.some(({ boost }: Json) => boost.length > 0))).toBe(true);
  });

  it('take few statements for every token with the labels of its acts', async () => {
    const query = `{ dictionary(slug: "${CODE}") { passages { corpus { slug } tokens { text
      base { act feature { index label { text } } } boost { act feature { index label { text } } } } } } }`;
    await ok(query);
    const texts = await collectStatements(() => ok(query));
    // dictionary, passages, corpora, features, labels
    expect(texts.length, texts.join('\n\n')).toBe(5);
  });
});
