/** What records of steering are made of, as schemas: shares, means, tokens, scores, curves, how they were made. Pure. */
import { z } from 'zod';
import { ADAPTERS, REWARDS, SEGMENTS } from './record.ts';

/** Rounded numbers miss their bounds by so little. */
const ROUNDING = 1e-4;

export const text = z.string().min(1);
export const count = z.int().min(0);
export const size = z.int().min(1);
export const notNegative = z.number().min(0);
export const probability = z
  .number()
  .min(-ROUNDING)
  .max(1 + ROUNDING);
export const cosine = z
  .number()
  .min(-1 - ROUNDING)
  .max(1 + ROUNDING);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits');
/** Parts of an address, with a slash between them. */
export const slug = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*$/,
    'expected letters, digits, dots and dashes, and slashes between names',
  );
export const adapter = z.enum(ADAPTERS);
export const reward = z.enum(REWARDS);
export const segment = z.enum(SEGMENTS);

const isOrdered = (...values: number[]): boolean =>
  values.every((value, at) => at === 0 || values[at - 1] <= value + ROUNDING * Math.max(1, Math.abs(value)));

export const share = z
  .looseObject({ value: probability, low: probability, high: probability, n: size })
  .refine(({ low, value, high }) => isOrdered(low, value, high), 'expected low <= value <= high');

export const mean = z
  .looseObject({ value: z.number(), low: z.number(), high: z.number(), n: size })
  .refine(({ low, high }) => isOrdered(low, high), 'expected low <= high');

export const quartiles = z
  .looseObject({
    ...{ min: z.number(), lower: z.number(), median: z.number(), upper: z.number(), max: z.number() },
    ...{ mean: z.number(), n: size },
  })
  .refine(
    ({ min, lower, median, upper, max }) => isOrdered(min, lower, median, upper, max),
    'expected min <= lower <= median <= upper <= max',
  );

export const tokenValue = z.looseObject({ token: count, text: z.string(), value: z.number() });
export const tokenEnds = z.looseObject({ top: z.array(tokenValue), bottom: z.array(tokenValue) });

const testScore = z.looseObject({ testSet: text, accuracy: share, samples: size });
export const scores = z
  .array(testScore)
  .min(1)
  .refine(
    (rows) => new Set(rows.map(({ testSet }) => testSet)).size === rows.length,
    'expected each test set once',
  );

const point = z.looseObject({
  ...{ step: count, tokens: count, reward: z.number(), accuracy: probability, entropyNats: z.number() },
  ...{ responseLength: notNegative, cutShare: probability, gradientNorm: notNegative },
  norms: z.array(notNegative),
});
/** None of what was not trained. */
export const curve = z
  .array(point)
  .refine(
    (points) => points.every(({ step }, at) => at === 0 || points[at - 1].step < step),
    'expected steps in ascending order',
  );

export const provenance = z.looseObject({
  ...{ command: text, codeCommit: z.string(), backend: z.string(), device: z.string(), threads: z.number() },
  settings: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  problems: z.looseObject({ slug: text, sha256, count }),
  ...{ seconds: notNegative, notes: z.array(z.string()) },
});

export const paper = z.array(
  z.looseObject({
    name: text,
    unit: z.enum(['percent', 'points', 'ratio', 'cosine', 'nats', 'finding']),
    value: z.number().nullable(),
    ...{ text: z.string(), source: z.string() },
  }),
);
