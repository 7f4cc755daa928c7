/** What all analyses of a set of steering vectors have in common, and how their records are read. */
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import type { AnalysisRow, VectorRow } from '../loaders/steering.ts';
import type { AnalysisKind, AnalysisResults } from '../steering-record.ts';
import { RunNode } from './run.ts';
import { SteeringFigureRef, SteeringProvenanceRef } from './steering-values.ts';

export const SteeringAnalysisRef = builder.interfaceRef<AnalysisRow>('SteeringAnalysis');

const TYPES: Readonly<Record<AnalysisKind, string>> = {
  'logit-lens': 'SteeringLogitLens',
  cosines: 'SteeringCosines',
  'token-shift': 'SteeringTokenShift',
  prefix: 'SteeringPrefixTest',
  persistence: 'SteeringPersistence',
  patching: 'SteeringPatching',
  'token-scaling': 'SteeringTokenScaling',
  features: 'SteeringFeatures',
  generations: 'SteeringGenerations',
};

const AnalysisKindEnum = builder.enumType('SteeringAnalysisKind', {
  description: 'What can be asked of a set of vectors.',
  values: {
    LOGIT_LENS: { value: 'logit-lens', description: 'Which tokens each vector points at.' },
    COSINES: { value: 'cosines', description: 'How alike the vectors of two layers are.' },
    TOKEN_SHIFT: { value: 'token-shift', description: 'Where in a response probabilities change.' },
    PREFIX: { value: 'prefix', description: 'How much of the gain a forced first token recovers.' },
    PERSISTENCE: { value: 'persistence', description: 'How far its effect keeps to a direction.' },
    PATCHING: {
      value: 'patching',
      description: 'Through which part of the last layer the vector before it acts.',
    },
    TOKEN_SCALING: {
      value: 'token-scaling',
      description: 'At which tokens an adaptive vector is scaled up.',
    },
    FEATURES: {
      value: 'features',
      description: 'Which dictionary features tell right answers from wrong ones.',
    },
    GENERATIONS: { value: 'generations', description: 'Responses without and with the vectors.' },
  } as const,
});

SteeringAnalysisRef.implement({
  description: 'What was found out about a set of vectors.',
  resolveType: ({ kind }) => TYPES[kind],
  fields: (t) => ({
    kind: t.expose('kind', { type: AnalysisKindEnum, description: 'What was asked.' }),
    recorded: t.exposeBoolean('recorded', {
      description: 'true: it was run before and came with the code; false: it was run here.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was saved here.' }),
    run: t.field({
      type: RunNode,
      nullable: true,
      description: 'The run that made it; null where that is not on record.',
      resolve: ({ runId }, _args, { loaders }) => (runId === null ? null : loaders.run.load(runId)),
    }),
    provenance: t.field({
      type: SteeringProvenanceRef,
      description: 'Everything needed to make it again.',
      resolve: ({ provenance }) => provenance,
    }),
    paper: t.field({
      type: [SteeringFigureRef],
      description: "The paper's own figures and findings of the same.",
      resolve: ({ paper }) => paper,
    }),
  }),
});

/** A member of the record of an analysis, which is read once for all that is asked of it. */
export function member<Kind extends AnalysisKind, Member>(
  kind: Kind,
  pick: (record: AnalysisResults[Kind]) => Member,
) {
  return async ({ vectorId }: AnalysisRow, _args: object, { loaders }: Context): Promise<Member> =>
    pick((await loaders.analysisResults.load([vectorId, kind]))!.record as AnalysisResults[Kind]);
}

/** The analysis of this kind, where there is one. */
export function analysis(kind: AnalysisKind) {
  return async ({ id }: VectorRow, _args: object, { loaders }: Context): Promise<AnalysisRow | null> =>
    (await loaders.vectorAnalyses.load([id])).find((row) => row.kind === kind) ?? null;
}
