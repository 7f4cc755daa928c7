import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURE } from './fixture.ts';
import { createSteering, TRAINED_HERE } from './fixture-steering.ts';
import { codesOf, openTestApi } from './testing.ts';
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

const { vectors } = createSteering();
const ALL = 'fixture-model/all-seed-1';
const vectorOf = (slug: string): Json => vectors.find((vector) => vector.slug === slug)!;
const SHARE = '{ value low high n }';

describe('sets of steering vectors', () => {
  it('come by model, those of most layers first, then by layer, page by page', async () => {
    const { steeringVectors } = await ok('{ steeringVectors { totalCount nodes { slug modelSlug model { slug } } } }'); // prettier-ignore
    const own = steeringVectors.nodes.filter(({ model }: Json) => model !== null);
    expect(steeringVectors.totalCount).toBe(vectors.length);
    expect(steeringVectors.nodes[0]).toEqual({ slug: 'fixture-absent/all-seed-1', modelSlug: 'fixture-absent', model: null }); // prettier-ignore
    expect(own.map(({ slug }: Json) => slug.slice(14))).toEqual([
      ...['random-seed-1', 'all-seed-1', 'random-reward-seed-1', 'all-seed-2', 'all-seed-3'],
      ...['layer-0-seed-1', 'layer-1-seed-1', 'adaptive-2-seed-1', 'layer-2-seed-1', 'layer-3-seed-1'],
    ]);
    const page = 'query ($after: String) { steeringVectors(first: 4, after: $after) { nodes { slug } pageInfo { endCursor hasNextPage } } }'; // prettier-ignore
    const slugs: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const answer: Json = await ok(page, { after });
      slugs.push(...answer.steeringVectors.nodes.map(({ slug }: Json) => slug));
      ({ endCursor: after, hasNextPage: more } = answer.steeringVectors.pageInfo);
    }
    expect(slugs).toEqual(steeringVectors.nodes.map(({ slug }: Json) => slug));
    const { end } = await ok('{ end: steeringVectors(last: 2) { nodes { slug } pageInfo { startCursor } } }');
    const { before } = await ok(`{ before: steeringVectors(last: 20, before: "${end.pageInfo.startCursor}") { nodes { slug } } }`); // prettier-ignore
    expect([...before.nodes, ...end.nodes].map(({ slug }: Json) => slug)).toEqual(slugs);
  });

  it('are filtered by model, layer, kind and reward', async () => {
    const { model, layer, adaptive, coin, none } = await ok(`{
      model: steeringVectors(model: "fixture-absent") { totalCount } layer: steeringVectors(layer: 2, model: "fixture-model") { totalCount nodes { layers { layer } } }
      adaptive: steeringVectors(adapter: ADAPTIVE) { nodes { slug } } coin: steeringVectors(reward: RANDOM) { nodes { slug } }
      none: steeringVectors(layer: 99) { totalCount nodes { slug } } }`);
    expect([model.totalCount, layer.totalCount, none]).toEqual([1, 7, { totalCount: 0, nodes: [] }]);
    expect(layer.nodes.every(({ layers }: Json) => layers.some((row: Json) => row.layer === 2))).toBe(true);
    expect([adaptive.nodes, coin.nodes]).toEqual([
      [{ slug: 'fixture-model/adaptive-2-seed-1' }],
      [{ slug: 'fixture-model/random-reward-seed-1' }],
    ]);
  });

  it('say what they are, how they were trained and what they do', async () => {
    const query = `query ($slug: String!) { steeringVector(slug: $slug) { slug name modelSha256 adapter reward place rank seed parameterCount recorded run { slug }
      layers { layer norm hiddenNorm values readOut } base { testSet accuracy ${SHARE} samples } scores { testSet accuracy ${SHARE} samples }
      curve { step tokens reward accuracy entropyNats responseLength cutShare gradientNorm norms }
      provenance { command codeCommit backend device threads settings { name value number } problems { slug sha256 count } seconds notes } } }`;
    const { steeringVector } = await ok(query, { slug: 'fixture-model/adaptive-2-seed-1' });
    const { format: _f, model: _m, provenance, ...record } = vectorOf('fixture-model/adaptive-2-seed-1');
    expect(steeringVector).toMatchObject({
      ...{ ...record, adapter: 'ADAPTIVE', reward: 'EXACT', recorded: true, run: null },
      layers: record.layers.map(({ values: _values, readOut: _readOut, ...layer }: Json) => layer),
    });
    const { values, readOut } = steeringVector.layers[0];
    expect([values.map(Math.fround), readOut.map(Math.fround)]).toEqual([record.layers[0].values, record.layers[0].readOut]); // prettier-ignore
    const { settings, ...rest } = steeringVector.provenance;
    expect(provenance).toMatchObject(rest);
    expect(settings).toContainEqual({ name: 'rate', value: '0.02', number: 0.02 });
    expect(settings).toContainEqual({ name: 'klPenalty', value: 'false', number: null });
    expect(settings).toHaveLength(Object.keys(provenance.settings).length);
    const here = (await ok(query, { slug: TRAINED_HERE })).steeringVector;
    expect([here.recorded, here.run]).toEqual([false, { slug: FIXTURE.finishedRun }]);
    const thinned = await ok(`{ steeringVector(slug: "${ALL}") { curve(atMost: 3) { step } } }`);
    expect(thinned.steeringVector.curve).toEqual([{ step: 0 }, { step: 30 }, { step: 60 }]);
  });

  it('are found by slug and by global id, and none where there is none', async () => {
    const { found, none } = await ok(`{ found: steeringVector(slug: "${ALL}") { id } none: steeringVector(slug: "no/such") { id } }`); // prettier-ignore
    expect(none).toBeNull();
    const { byId, node, other } = await ok(`query ($id: ID!, $other: ID!) { byId: steeringVector(id: $id) { slug }
      node(id: $id) { ... on SteeringVector { slug } } other: steeringVector(id: $other) { slug } }`, { id: found.id, other: 'no id' }); // prettier-ignore
    expect([byId.slug, node.slug, other]).toEqual([ALL, ALL, null]);
    expect(codesOf(await test.ask('{ steeringVector { slug } }'))).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await test.ask(`{ steeringVector(slug: "a", id: "b") { slug } }`))).toEqual(['BAD_USER_INPUT']); // prettier-ignore
  });

  it('hang on their model and on their run', async () => {
    const { model, run } = await ok(`{ model(slug: "${FIXTURE.model}") { steeringVectors { slug } }
      run(id: "${FIXTURE.finishedRun}") { steeringVectors(first: 5) { slug model { slug } } } }`);
    expect(model.steeringVectors).toHaveLength(vectors.length - 1);
    expect(model.steeringVectors.at(-1)).toEqual({ slug: TRAINED_HERE });
    expect(run.steeringVectors).toEqual([{ slug: TRAINED_HERE, model: { slug: FIXTURE.model } }]);
  });

  it('are refused what no page shows', async () => {
    const codes = async (query: string) => codesOf(await test.ask(query));
    expect(await codes('{ steeringVectors(first: 501) { nodes { slug } } }')).toEqual(['BAD_PAGE_SIZE']);
    expect(await codes('{ steeringVectors(after: "bad") { nodes { slug } } }')).toEqual(['BAD_CURSOR']);
    const { steeringVectors } = await ok('{ steeringVectors(first: 1) { pageInfo { endCursor } } }');
    const other = `{ steeringVectors(layer: 1, after: "${steeringVectors.pageInfo.endCursor}") { nodes { slug } } }`;
    expect(await codes(other)).toEqual(['BAD_CURSOR']);
    expect(await codes('{ steeringVectors(adapter: NEEDLES) { nodes { slug } } }')).toEqual(['GRAPHQL_VALIDATION_FAILED']); // prettier-ignore
    expect(await codes(`{ steeringVector(slug: "${ALL}") { curve(atMost: 1) { step } } }`)).toEqual(['BAD_PAGE_SIZE']); // prettier-ignore
    expect(await codes('{ steeringVectors(first: 500) { nodes { layers { values } } } }')).toEqual(['TOO_COSTLY']); // prettier-ignore
    const round = `${'{ model { steeringVectors '.repeat(5)}{ model { slug } }${' } }'.repeat(5)}`;
    expect(await codes(`{ steeringVector(slug: "${ALL}") ${round} }`)).toContain('TOO_DEEP');
    expect((await ok('{ steeringVector(slug: "\\u0027; drop table steering_vector; --") { slug } }')).steeringVector).toBeNull(); // prettier-ignore
  });
});
