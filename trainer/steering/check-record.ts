/**
 * Is this JSON a record of steering: a set of vectors, an analysis, a study? Pages and scripts take for granted that
 * vectors are of one width and have the norms they are said to have, and that arrays run parallel to layers and seeds.
 */
import { z } from 'zod';
import {
  PLACES,
  type AccuracyStudy,
  type Analysis,
  type GainCurve,
  type SteeringStudy,
  type VectorRecord,
} from './record.ts';
import { count, curve, notNegative, provenance, reward, scores, sha256, slug, text } from './record-parts.ts';
import { analysisSchema, studySchema } from './record-schemas.ts';

/** Records in files are rounded to six digits; norms of a million numbers of float32 are this exact. */
const NORM_ROUNDING = 1e-3;
const SHARE_ROUNDING = 1e-4;

const vectorSchema = z.looseObject({
  ...{ format: z.literal('residua-steering-vector-1'), slug, name: text, model: text, modelSha256: sha256 },
  adapter: z.enum(['vectors', 'rank', 'adaptive', 'random']),
  ...{ reward, place: z.enum(PLACES), rank: z.int().min(1).nullable(), seed: z.int(), parameterCount: count },
  layers: z
    .array(
      z.looseObject({
        ...{ layer: count, norm: notNegative, hiddenNorm: notNegative, values: z.array(z.number()).min(1) },
        readOut: z.array(z.number()).min(1).optional(),
      }),
    )
    .min(1),
  ...{ base: scores, scores, curve, provenance },
});

/** `source` names the file, or the place in it, in errors. */
export function checkVector(json: unknown, source: string): VectorRecord {
  const vector = parse(vectorSchema, json, source, 'a set of steering vectors') as VectorRecord;
  return pass(vector, findVectorFault(vector), source, 'a set of steering vectors');
}

export function checkAnalysis(json: unknown, source: string): Analysis {
  const analysis = parse(analysisSchema, json, source, 'an analysis of steering vectors') as Analysis;
  return pass(analysis, findAnalysisFault(analysis), source, 'an analysis of steering vectors');
}

export function checkSteeringStudy(json: unknown, source: string): SteeringStudy {
  const study = parse(studySchema, json, source, 'a study of steering vectors') as SteeringStudy;
  return pass(study, findStudyFault(study), source, 'a study of steering vectors');
}

const COMMANDS: Readonly<Record<string, string>> = {
  'a set of steering vectors': 'residua steer train',
  'an analysis of steering vectors': 'residua steer analyse',
  'a study of steering vectors': 'residua steer study',
};

const refused = (source: string, what: string, got: string): Error =>
  new Error(`${source}: expected the record of ${what}, got ${got}. Make it again with ${COMMANDS[what]}.`);

function parse(schema: z.ZodType, json: unknown, source: string, what: string): unknown {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw refused(source, what, `at ${path.join('.') || 'its root'}: ${message}`);
}

function pass<Record>(record: Record, fault: string | null, source: string, what: string): Record {
  if (fault) throw refused(source, what, fault);
  return record;
}

function findVectorFault({ layers, adapter, rank, curve }: VectorRecord): string | null {
  const width = layers[0].values.length;
  for (const [at, { layer, norm, values, readOut }] of layers.entries()) {
    if (at > 0 && layers[at - 1].layer >= layer) return `layer ${layer} after layer ${layers[at - 1].layer}`;
    if (values.length !== width)
      return `${values.length} values at layer ${layer} and ${width} at layer ${layers[0].layer}`;
    const own = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    if (Math.abs(own - norm) > NORM_ROUNDING * Math.max(1, own))
      return `norm ${norm} at layer ${layer}, whose values have norm ${own.toPrecision(6)}`;
    if ((adapter === 'adaptive') !== (readOut !== undefined))
      return `${readOut ? 'a' : 'no'} readOut at layer ${layer} of a set of kind ${adapter}`;
  }
  if (adapter === 'rank' && rank === null) return 'no rank of a set of kind rank';
  const point = curve.find(({ norms }) => norms.length !== layers.length);
  return point ? `${point.norms.length} norms at step ${point.step} for ${layers.length} layers` : null;
}

function findAnalysisFault(analysis: Analysis): string | null {
  if (analysis.kind === 'cosines') {
    const { layers, matrix } = analysis;
    const isSquare = matrix.length === layers.length && matrix.every((row) => row.length === layers.length);
    if (!isSquare) return `a matrix that has not ${layers.length} rows and columns, one for each layer`;
  }
  if (analysis.kind === 'features') {
    const shares = analysis.decomposition.map(({ explained = 0 }) => explained);
    const at = shares.findIndex((share, i) => i > 0 && share < shares[i - 1] - SHARE_ROUNDING);
    if (at > 0) return `less of the vector explained by ${at + 1} rows than by ${at}`;
  }
  if (analysis.kind === 'patching' && !analysis.modes.some(({ mode }) => mode === 'base'))
    return 'no mode base, which the others are measured by';
  return null;
}

function findStudyFault(study: SteeringStudy): string | null {
  if (new Set(study.seeds).size !== study.seeds.length) return 'the same seed twice';
  switch (study.part) {
    case 'accuracy':
      return findAccuracyFault(study);
    case 'gain-curve':
      return findGainFault(study);
    case 'pairs': {
      const layers = new Set(study.singles.map(({ layer }) => layer));
      const pair = study.pairs.find(
        ({ first, second }) => first >= second || !layers.has(first) || !layers.has(second),
      );
      return pair
        ? `the pair of layers ${pair.first} and ${pair.second}: not two of the singles, in order`
        : null;
    }
    case 'transfer': {
      const models = new Set(study.models.map(({ model }) => model));
      const cell = study.cells.find(({ donor, recipient }) => !models.has(donor) || !models.has(recipient));
      return cell ? `${cell.donor} put into ${cell.recipient}, and models does not tell of both` : null;
    }
  }
}

function findAccuracyFault({ conditions, seeds }: AccuracyStudy): string | null {
  for (const { name, vectors, scoresBySeed, curveBySeed } of conditions)
    for (const [member, list] of Object.entries({ vectors, scoresBySeed, curveBySeed }))
      if (list.length !== seeds.length)
        return `${list.length} ${member} of ${name} for ${seeds.length} seeds`;
  return null;
}

function findGainFault({ layers, allLayers, seeds }: GainCurve): string | null {
  if (allLayers.length !== seeds.length) return `${allLayers.length} allLayers for ${seeds.length} seeds`;
  for (const { layer, vectors, bySeed } of layers)
    if (vectors.length !== seeds.length || bySeed.length !== seeds.length)
      return `${bySeed.length} shares and ${vectors.length} vectors at layer ${layer} for ${seeds.length} seeds`;
  return null;
}
