/** Made-up analyses of the fixture's steering vectors, with the effects that the method is known for. */
import { mean, noise, provenance, share, STEERING_MODEL } from './fixture-steering-numbers.ts';
import type { FixtureAnalysis, FixtureVector } from './fixture-steering.ts';
import { createFixtureVocabulary, FIXTURE_CORPORA, hash } from './fixture-text.ts';
import type {
  AnalysisKind,
  AnalysisResults,
  Lens,
  Quartiles,
  Segment,
  SteeringFigure,
  TokenEnds,
  TokenValue,
} from './steering-record.ts';

const SAMPLES = 64;
const POSITIONS = 32;
const LENS_TOKENS = 20;
const HEADS = 4;
const DICTIONARY = {
  slug: 'fixture-dictionary',
  hookpoint: 'layers.2.residual.post',
  budget: 64,
  width: 190,
};

const { tokens: VOCABULARY } = createFixtureVocabulary(FIXTURE_CORPORA.map(({ text }) => text));
/** Tokens of several letters: bytes and marks come first. */
const FIRST_WORD = 257;

/** The same token for the same words. */
function pickToken(value: number, ...words: (string | number)[]): TokenValue {
  const token = FIRST_WORD + (hash('token', ...words) % (VOCABULARY.length - FIRST_WORD));
  return { token, text: VOCABULARY[token].toString('utf8'), value };
}

function ends(most: number, ...words: (string | number)[]): TokenEnds {
  const side = (sign: number) =>
    Array.from({ length: LENS_TOKENS }, (_, at) =>
      pickToken(sign * most * Math.exp(-at / 9), sign, at, ...words),
    );
  return { top: side(1), bottom: side(-1) };
}

const lens = (norm: number, ...words: (string | number)[]): Lens => ({
  dot: ends(norm * 0.9, 'dot', ...words),
  cosine: ends(0.42, 'cosine', ...words),
});

const quartiles = (centre: number, spread: number, n: number): Quartiles => ({
  ...{ min: centre - 3 * spread, lower: centre - spread, median: centre, upper: centre + spread },
  ...{ max: centre + 4 * spread, mean: centre + 0.2 * spread, n },
});

const cosine = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, at) => sum + value * b[at], 0) / (Math.hypot(...a) * Math.hypot(...b));

const figure = (name: string, unit: SteeringFigure['unit'], value: number | null, text: string, source: string): SteeringFigure => ({ name, unit, value, text, source }); // prettier-ignore
const PAPER: Readonly<Partial<Record<AnalysisKind, readonly SteeringFigure[]>>> = {
  prefix: [figure('gain recovered by a forced prefix', 'percent', 75, '', 'section 3.4')],
  'token-shift': [figure('where probabilities change', 'finding', null, 'The first generated token changes most.', 'figure 4')], // prettier-ignore
};

/** What is made of each set. */
export function createAnalyses(vector: FixtureVector): FixtureAnalysis[] {
  const kinds = KINDS[vector.slug] ?? [];
  return kinds.map((kind) => ({
    ...{ format: 'residua-steering-analysis-1', kind, vector: vector.slug },
    provenance: provenance(`residua steer analyse ${vector.slug} --kind ${kind}`, 12),
    paper: PAPER[kind] ?? [],
    ...MAKERS[kind](vector),
  }));
}

const KINDS: Readonly<Record<string, readonly AnalysisKind[]>> = {
  'fixture-model/all-seed-1': ['logit-lens', 'cosines', 'token-shift', 'prefix', 'persistence', 'patching', 'features', 'generations'], // prettier-ignore
  'fixture-model/layer-2-seed-1': ['logit-lens', 'patching', 'features', 'generations'],
  'fixture-model/layer-3-seed-1': ['logit-lens', 'token-shift', 'prefix'],
  'fixture-model/adaptive-2-seed-1': ['logit-lens', 'token-scaling', 'generations'],
};

const MAKERS: { readonly [Kind in AnalysisKind]: (vector: FixtureVector) => AnalysisResults[Kind] } = {
  'logit-lens': ({ slug, layers }) => ({
    layers: layers.map(({ layer, norm }) => ({ layer, ...lens(norm, slug, layer) })),
    finalDifference: lens(9, slug, 'final'),
  }),
  cosines: ({ layers }) => ({
    layers: layers.map(({ layer }) => layer),
    matrix: layers.map(({ values }, i) => layers.map((other, j) => (i === j ? 1 : cosine(values, other.values)))), // prettier-ignore
  }),
  'token-shift': ({ slug }) => ({
    samples: SAMPLES,
    positions: Array.from({ length: POSITIONS }, (_, position) => ({
      position,
      shift: quartiles(position === 0 ? 0.41 : 0.05 * Math.exp(-position / 8), position === 0 ? 0.1 : 0.02, SAMPLES), // prettier-ignore
      baseEntropyNats: 0.9 * Math.exp(-position / 14) + 0.1 + 0.04 * noise('entropy', position),
      steeredEntropyNats: 0.4 * Math.exp(-position / 14) + 0.08 + 0.04 * noise('steered', position),
      klNats: position === 0 ? 0.8 : 0.09 * Math.exp(-position / 10),
    })),
    first: quartiles(0.41, 0.1, SAMPLES),
    rest: quartiles(0.02, 0.015, SAMPLES * (POSITIONS - 1)),
    firstTokens: ends(0.41, slug, 'first'),
  }),
  prefix: ({ slug }) => {
    const [base, steered] = [share(0.433), share(0.81)];
    return {
      ...{ base, steered },
      prefixes: [0.75, 0.42, -0.1].map((gain, at) => {
        const { token, text } = pickToken(0, slug, 'prefix', at);
        const accuracy = share(base.value + gain * (steered.value - base.value));
        const recovered = (accuracy.value - base.value) / (steered.value - base.value);
        return { tokens: [token], text, baseProbability: 0.3 / (at + 1), steeredProbability: 0.7 / (at + 1), accuracy, recovered }; // prettier-ignore
      }),
    };
  },
  persistence: ({ layers }) => ({
    samples: SAMPLES,
    layers: Array.from({ length: STEERING_MODEL.layers }, (_, layer) => ({
      layer,
      diffDiff: mean(0.9 - 0.12 * layer, 0.03, SAMPLES),
      diffVector: layer < layers[0].layer ? null : mean(0.8 - 0.15 * layer, 0.04, SAMPLES),
      norm: 2 + 2.5 * layer,
    })),
  }),
  patching: () => {
    const explained: Record<string, number> = {
      ...{ base: 0, steered: 1, 'skip-attention': 0.83, 'skip-layer': 0.35, q: 0.04, k: -0.02, v: 0.15 },
      ...{ 'not-q': 0.97, 'not-k': 0.99, 'not-v': 0.86 },
    };
    for (let head = 0; head < HEADS; head++) {
      explained[`head-${head}`] = 0.03 * head;
      explained[`not-head-${head}`] = 1 - 0.03 * head;
    }
    return {
      ...{ layer: STEERING_MODEL.layers - 2, problems: 200 },
      modes: Object.entries(explained).map(([mode, value]) => ({
        ...{ mode, accuracy: share(0.433 + 0.31 * Math.max(0, value), 200), explained: value },
        klNats: mean(0.24 * (1 - value), Math.min(0.01, 0.12 * (1 - value)), 200),
      })),
    };
  },
  'token-scaling': ({ slug }) => ({
    layer: 2,
    segments: (['system', 'role', 'question', 'assistant'] as const).map((segment, at) => ({
      ...{ segment, scale: quartiles(SCALES[segment], 0.03, 200 * (at + 1)) },
      size: mean(Math.abs(SCALES[segment]) + 0.02, 0.004, 200 * (at + 1)),
    })),
    samples: [0, 1, 2].map((sample) => ({ tokens: scaleTokens(slug, sample) })),
  }),
  features: ({ slug, layers }) => ({
    ...{ dictionary: DICTIONARY.slug, hookpoint: DICTIONARY.hookpoint, budget: DICTIONARY.budget },
    ...{ correct: 412, incorrect: 388, tested: DICTIONARY.width },
    features: Array.from({ length: 40 }, (_, at) => {
      const difference = (at % 3 === 2 ? -1 : 1) * 0.4 * Math.exp(-at / 8);
      const pValue = Math.min(1, 1e-12 * 4 ** at);
      return {
        ...{ feature: (7 * at + 3) % DICTIONARY.width, correctShare: 0.45 + difference / 2 },
        ...{ incorrectShare: 0.45 - difference / 2, difference, pValue },
        qValue: Math.min(1, (pValue * DICTIONARY.width) / (at + 1)),
        cosine: layers.some(({ layer }) => layer === 2) ? 0.3 * noise(slug, 'cosine', at) : null,
        tokens: [0, 1, 2, 3, 4].map((rank) => pickToken(1 / (rank + 1), 'feature', at, rank)),
      };
    }),
    decomposition: Array.from({ length: 10 }, (_, at) => ({
      ...{ feature: (11 * at + 5) % DICTIONARY.width, cosine: 0.34 * Math.exp(-at / 5) },
      explained: 0.6 * (1 - Math.exp(-(at + 1) / 4)),
      tokens: [0, 1, 2, 3, 4].map((rank) => pickToken(1 / (rank + 1), 'part', at, rank)),
    })),
    explainedByChance: 0.31,
    steering: [3, 5, 10].flatMap((feature, at) =>
      [0.5, 1, 2].map((scale) => ({ feature, scale, accuracy: share(0.433 + 0.1 * scale - 0.03 * at) })),
    ),
  }),
  generations: ({ slug }) => ({
    problems: QUESTIONS.map(([question, answer, testSet], at) => ({
      segments: promptOf(question),
      ...{ question, answer, testSet },
      base: { text: `I think it is \\boxed{${at % 2 ? answer : Number(answer) + 3}}.`, isCorrect: at % 2 === 1, ended: 'stop' }, // prettier-ignore
      steered: { text: `Step by step: ${question.slice(8, -1)} = ${answer}\n\\boxed{${answer}}`, isCorrect: hash(slug, at) % 5 > 0, ended: at === 3 ? 'length' : 'stop' }, // prettier-ignore
    })),
  }),
};

const SCALES: Readonly<Record<Segment, number>> = { system: -0.02, role: 0.11, question: 0.03, assistant: 0.22 }; // prettier-ignore
const SYSTEM = 'Please reason step by step, and put your final answer within \\boxed{}.';
const QUESTIONS = [
  ['What is 12 + 7?', '19', 'easy'],
  ['What is (3 + 4) * 5?', '35', 'easy'],
  ['What is 81 - 9 * 4?', '45', 'medium'],
  ['What is (9 - 2) * (4 + 6)?', '70', 'medium'],
  ['What is 5 * 6 - 7 + 2 * 8?', '39', 'hard'],
  ['What is (18 - 3) * 4 + 9 - 2?', '67', 'hard'],
] as const;

const promptOf = (question: string): { readonly segment: Segment; readonly text: string }[] => [
  { segment: 'role', text: '<|im_start|>system\n' },
  { segment: 'system', text: SYSTEM },
  { segment: 'role', text: '<|im_end|>\n<|im_start|>user\n' },
  { segment: 'question', text: question },
  { segment: 'role', text: '<|im_end|>\n<|im_start|>assistant\n' },
];

/** Words stand for tokens here. */
function scaleTokens(slug: string, sample: number) {
  const [question, answer] = QUESTIONS[sample];
  const response = {
    segment: 'assistant' as const,
    text: `Step by step: ${question.slice(8, -1)} = ${answer}`,
  };
  return [...promptOf(question), response].flatMap(({ segment, text }) =>
    [...text.matchAll(/<\|\w+\|>|\s?[\p{L}\d]+|[^\p{L}\d]/gu)].map(([piece], at) => ({
      ...{ token: pickToken(0, piece).token, text: piece, segment },
      scale: SCALES[segment] + 0.1 * noise(slug, sample, segment, at),
    })),
  );
}
