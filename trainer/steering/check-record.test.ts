import { expect, expectTypeOf, test } from 'vitest';
import { createSteering } from '../../api/fixture-steering.ts';
import type * as api from '../../api/steering-record.ts';
import { checkAnalysis, checkSteeringStudy, checkVector } from './check-record.ts';
import type * as record from './record.ts';
import { ANALYSES, STUDY_PARTS } from './record.ts';

const { vectors, analyses, studies } = createSteering();
type Json = Record<string, unknown>;
const copy = (value: object): Json => structuredClone(value) as Json;
const vectorOf = (slug: string): Json =>
  copy(vectors.find((vector) => vector.slug === `fixture-model/${slug}`)!);
const analysisOf = (kind: string): Json => copy(analyses.find((analysis) => analysis.kind === kind)!);
const studyOf = (part: string): Json => copy(studies.find((study) => study.part === part)!);

/** The record with one member, named with dots, replaced. */
function change(json: Json, place: string, value: unknown): Json {
  const keys = place.split('.');
  const owner = keys.slice(0, -1).reduce((member, key) => member[key] as Json, json);
  owner[keys.at(-1)!] = value;
  return json;
}

test('every record of the fixture is one, and is handed on as it is', () => {
  for (const vector of vectors) expect(checkVector(copy(vector), 'x')).toEqual(vector);
  for (const analysis of analyses) expect(checkAnalysis(copy(analysis), 'x')).toEqual(analysis);
  for (const study of studies) expect(checkSteeringStudy(copy(study), 'x')).toEqual(study);
  expect(new Set(analyses.map(({ kind }) => kind))).toEqual(new Set(ANALYSES));
  expect(new Set(studies.map(({ part }) => part))).toEqual(new Set(STUDY_PARTS));
});

test('what is added to a record later does not hold up who does not know it', () => {
  const later = change(vectorOf('all-seed-1'), 'provenance.weather', 'fine');
  expect(checkVector(later, 'x').provenance).toMatchObject({ weather: 'fine' });
});

test.each([
  ['format', 'residua-steering-vector-9', /at format/],
  ['slug', 'a b', /at slug: expected letters, digits/],
  ['slug', '../../etc', /at slug: expected letters, digits/],
  ['modelSha256', 'abc', /at modelSha256: expected 64 hex digits/],
  ['adapter', 'lora', /at adapter/],
  ['place', 'embed', /at place/],
  ['layers', [], /at layers/],
  ['layers.1.layer', 0, /layer 0 after layer 0/],
  ['layers.1.values', [1, 2], /2 values at layer 1 and 128 at layer 0/],
  ['layers.0.values.3', null, /at layers\.0\.values\.3/],
  ['layers.2.norm', 99, /norm 99 at layer 2, whose values have norm/],
  ['layers.0.readOut', [1], /a readOut at layer 0 of a set of kind vectors/],
  ['scores.0.accuracy.value', 1.5, /at scores\.0\.accuracy\.value/],
  ['scores.0.accuracy.low', 0.99, /at scores\.0\.accuracy: expected low <= value <= high/],
  ['scores.1.testSet', 'easy', /at scores: expected each test set once/],
  ['curve.3.step', 0, /at curve: expected steps in ascending order/],
  ['curve.3.norms', [1], /1 norms at step 3 for 4 layers/],
  ['curve.0.reward', null, /at curve\.0\.reward/],
  ['provenance.problems.count', -1, /at provenance\.problems\.count/],
])('a set of vectors with %s %j is refused, with the place and what to do', (place, value, why) => {
  const broken = change(vectorOf('all-seed-1'), place, value);
  expect(() => checkVector(broken, 'f.json')).toThrow(/^f\.json: expected the record of a set of steering vectors, got .*Make it again with residua steer train\.$/); // prettier-ignore
  expect(() => checkVector(broken, 'f.json')).toThrow(why);
});

test('an adaptive set has a read-out', () => {
  const broken = vectorOf('adaptive-2-seed-1');
  delete ((broken.layers as Json[])[0] as Json).readOut;
  expect(() => checkVector(broken, 'x')).toThrow(/no readOut at layer 2 of a set of kind adaptive/);
});

test.each([
  ['cosines', 'matrix', [[1]], /a matrix that has not 4 rows and columns/],
  ['cosines', 'matrix.0.1', 1.5, /at matrix\.0\.1/],
  ['logit-lens', 'layers.0.dot.top.0.token', -1, /at layers\.0\.dot\.top\.0\.token/],
  ['token-shift', 'first.median', 9, /at first: expected min <= lower/],
  ['prefix', 'prefixes.0.tokens', [], /at prefixes\.0\.tokens/],
  ['persistence', 'layers.0.diffDiff.low', 2, /at layers\.0\.diffDiff: expected low <= high/],
  ['patching', 'modes.0.mode', 'bass', /no mode base/],
  ['token-scaling', 'segments.0.segment', 'aside', /at segments\.0\.segment/],
  ['features', 'features.0.pValue', 2, /at features\.0\.pValue/],
  ['features', 'decomposition.2.explained', 0.01, /less of the vector explained by 3 rows than by 2/],
  ['generations', 'problems.0.base.ended', 'never', /at problems\.0\.base\.ended/],
  ['generations', 'kind', 'palmistry', /at kind/],
])('an analysis of kind %s with %s %j is refused', (kind, place, value, why) => {
  const broken = change(analysisOf(kind), place, value);
  expect(() => checkAnalysis(broken, 'f.json')).toThrow(/^f\.json: expected the record of an analysis .*residua steer analyse\.$/); // prettier-ignore
  expect(() => checkAnalysis(broken, 'f.json')).toThrow(why);
});

test.each([
  ['accuracy', 'conditions.1.vectors', [], /0 vectors of full for 3 seeds/],
  ['accuracy', 'seeds', [1, 2], /3 vectors of all-layers for 2 seeds/],
  ['accuracy', 'seeds', [1, 2, 2], /the same seed twice/],
  ['gain-curve', 'layers.2.bySeed', [], /0 shares and 3 vectors at layer 2 for 3 seeds/],
  ['gain-curve', 'allLayers', [], /0 allLayers for 3 seeds/],
  ['pairs', 'pairs.0.first', 9, /the pair of layers 9 and 1: not two of the singles/],
  ['transfer', 'cells.0.donor', 'nobody', /nobody put into fixture-model, and models does not tell of both/],
  ['transfer', 'part', 'weather', /at part/],
])('a study of %s with %s %j is refused', (part, place, value, why) => {
  const broken = change(studyOf(part), place, value);
  expect(() => checkSteeringStudy(broken, 'f.json')).toThrow(/^f\.json: expected the record of a study .*residua steer study\.$/); // prettier-ignore
  expect(() => checkSteeringStudy(broken, 'f.json')).toThrow(why);
});

test.each([null, 7, 'text', [], {}])('%j is no record of anything', (json) => {
  for (const check of [checkVector, checkAnalysis, checkSteeringStudy])
    expect(() => check(json, 'f.json')).toThrow(/^f\.json: expected the record of .*, got at /);
});

test('the API reads the shapes that are written', () => {
  type Own<Kind extends record.AnalysisKind> = Omit<Extract<record.Analysis, { kind: Kind }>, 'format' | 'kind' | 'vector' | 'provenance' | 'paper'>; // prettier-ignore
  type Part<Name extends record.SteeringPart> = Omit<Extract<record.SteeringStudy, { part: Name }>, 'format' | 'provenance' | 'paper'>; // prettier-ignore
  expectTypeOf<{ [Kind in record.AnalysisKind]: Own<Kind> }>().toExtend<api.AnalysisResults>();
  expectTypeOf<{ [Name in record.SteeringPart]: Part<Name> }>().toExtend<api.SteeringStudies>();
  expectTypeOf<api.AnalysisKind>().toEqualTypeOf<record.AnalysisKind>();
  expectTypeOf<api.SteeringPart>().toEqualTypeOf<record.SteeringPart>();
  expectTypeOf<record.SteeringProvenance>().toExtend<api.SteeringProvenance>();
  expectTypeOf<record.TrainingPoint>().toExtend<api.TrainingPoint>();
});
