/** Analyses and studies of steering vectors as schemas, a line for each kind and part. Pure. */
import { z } from 'zod';
import { STUDY_FORMAT } from './record.ts';
import {
  adapter,
  cosine,
  count,
  curve,
  mean,
  notNegative,
  paper,
  probability,
  provenance,
  quartiles,
  reward,
  scores,
  segment,
  share,
  size,
  slug,
  text,
  tokenEnds,
  tokenValue,
} from './record-parts.ts';

const analysisHead = { format: z.literal('residua-steering-analysis-1'), vector: slug, provenance, paper };

const lens = { dot: tokenEnds, cosine: tokenEnds };
const generation = z.looseObject({
  ...{ text: z.string(), isCorrect: z.boolean(), ended: z.enum(['end', 'stop', 'length']) },
});
const tokens = z.array(tokenValue);

export const analysisSchema = z.discriminatedUnion('kind', [
  z.looseObject({
    ...{ ...analysisHead, kind: z.literal('logit-lens') },
    layers: z.array(z.looseObject({ layer: count, ...lens })).min(1),
    finalDifference: z.looseObject(lens),
  }),
  z.looseObject({
    ...{ ...analysisHead, kind: z.literal('cosines') },
    ...{ layers: z.array(count).min(1), matrix: z.array(z.array(cosine)) },
  }),
  z.looseObject({
    ...{ ...analysisHead, kind: z.literal('token-shift'), samples: size },
    positions: z.array(
      z.looseObject({
        ...{ position: count, shift: quartiles, klNats: z.number() },
        ...{ baseEntropyNats: notNegative, steeredEntropyNats: notNegative },
      }),
    ),
    ...{ first: quartiles, rest: quartiles, firstTokens: tokenEnds },
  }),
  z.looseObject({
    ...{ ...analysisHead, kind: z.literal('prefix'), base: share, steered: share },
    prefixes: z.array(
      z.looseObject({
        ...{ tokens: z.array(count).min(1), text: z.string(), accuracy: share },
        ...{
          baseProbability: probability,
          steeredProbability: probability,
          recovered: z.number().nullable(),
        },
      }),
    ),
  }),
  z.looseObject({
    ...{ ...analysisHead, kind: z.literal('persistence'), samples: size },
    layers: z.array(
      z.looseObject({ layer: count, diffDiff: mean, diffVector: mean.nullable(), norm: notNegative }),
    ),
  }),
  z.looseObject({
    ...{ ...analysisHead, kind: z.literal('patching'), layer: count, problems: size },
    modes: z
      .array(z.looseObject({ mode: text, accuracy: share, klNats: mean, explained: z.number().nullable() }))
      .min(1),
  }),
  z.looseObject({
    ...{ ...analysisHead, kind: z.literal('token-scaling'), layer: count },
    segments: z.array(z.looseObject({ segment, scale: quartiles, size: mean })),
    samples: z.array(
      z.looseObject({
        tokens: z.array(z.looseObject({ token: count, text: z.string(), segment, scale: z.number() })),
      }),
    ),
  }),
  z.looseObject({
    ...{
      ...analysisHead,
      kind: z.literal('features'),
      dictionary: z.string(),
      hookpoint: text,
      budget: size,
    },
    ...{ correct: count, incorrect: count, tested: count },
    features: z.array(
      z.looseObject({
        ...{ feature: count, correctShare: probability, incorrectShare: probability, difference: z.number() },
        ...{ pValue: probability, qValue: probability, cosine: cosine.nullable(), tokens },
      }),
    ),
    decomposition: z.array(
      z.looseObject({ feature: count, cosine, explained: probability.optional(), tokens }),
    ),
    explainedByChance: probability.optional(),
    steering: z.array(z.looseObject({ feature: count, scale: z.number(), accuracy: share })),
  }),
  z.looseObject({
    ...{ ...analysisHead, kind: z.literal('generations') },
    problems: z.array(
      z.looseObject({
        segments: z.array(z.looseObject({ segment, text: z.string() })),
        ...{ question: text, answer: z.string(), testSet: text, base: generation, steered: generation },
      }),
    ),
  }),
]);

const studyHead = {
  format: z.literal(STUDY_FORMAT),
  ...{ model: text, modelParameterCount: size, seeds: z.array(z.int()).min(1), provenance, paper },
};
const vectors = z.array(slug.nullable());
const gain = z.number().nullable();

export const studySchema = z.discriminatedUnion('part', [
  z.looseObject({
    ...{ ...studyHead, part: z.literal('accuracy'), base: scores },
    conditions: z
      .array(
        z.looseObject({
          ...{ name: text, adapter, reward, parameterCount: count, rate: notNegative, vectors },
          ...{ scoresBySeed: z.array(scores), curveBySeed: z.array(curve) },
          stepMs: z.looseObject({ generate: notNegative, learn: notNegative, other: notNegative }),
        }),
      )
      .min(1),
  }),
  z.looseObject({
    ...{ ...studyHead, part: z.literal('gain-curve'), testSet: text, base: share },
    allLayers: z.array(share),
    layers: z
      .array(z.looseObject({ layer: count, rate: notNegative, vectors, bySeed: z.array(share) }))
      .min(1),
  }),
  z.looseObject({
    ...{ ...studyHead, part: z.literal('pairs'), testSet: text, base: share, allLayers: share },
    singles: z.array(z.looseObject({ layer: count, accuracy: share })).min(1),
    pairs: z.array(z.looseObject({ first: count, second: count, accuracy: share, gain })),
  }),
  z.looseObject({
    ...{ ...studyHead, part: z.literal('transfer'), testSet: text },
    models: z.array(z.looseObject({ model: text, description: z.string(), base: share })).min(1),
    cells: z.array(z.looseObject({ donor: text, recipient: text, accuracy: share, normalised: gain })).min(1),
  }),
]);
