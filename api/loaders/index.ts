/** Everything that is read in batches within one request. */
import type { Model, PrismaClient } from '@residua/prisma/generated/client/client';
import DataLoader from 'dataloader';
import type { Sql } from '../sql.ts';
import { createIdLoader } from './batch.ts';
import { createExampleLoader } from './example.ts';
import { createFeatureLoaders } from './feature.ts';
import { createLabelLoaders } from './label.ts';
import { createMatchLoaders } from './match.ts';
import { createPassageLoader } from './passage.ts';
import { createPointLoader } from './run.ts';
import { createSteeringLoaders } from './steering.ts';
import { createStudyLoaders } from './study.ts';
import { createTrialLoaders } from './trial.ts';

export interface LoaderServices {
  readonly db: PrismaClient;
  readonly sql: Sql;
}

export type Loaders = ReturnType<typeof createLoaders>;

/** Only what is published can be seen, wherever it is reached from. */
export const PUBLISHED = { publishedAt: { not: null } } as const;

export function createLoaders({ db, sql }: LoaderServices) {
  return {
    ...createFeatureLoaders(sql),
    ...createLabelLoaders(sql),
    ...createMatchLoaders(sql),
    ...createTrialLoaders(sql),
    ...createSteeringLoaders(sql),
    ...createStudyLoaders(sql, db),
    examples: createExampleLoader(sql),
    passages: createPassageLoader(sql),
    points: createPointLoader(sql),
    model: createIdLoader((ids) => db.model.findMany({ where: { id: { in: ids } } })),
    modelBySlug: new DataLoader<string, Model | null>(async (slugs) => {
      const rows = await db.model.findMany({ where: { slug: { in: [...slugs] } } });
      return slugs.map((slug) => rows.find((row) => row.slug === slug) ?? null);
    }),
    corpus: createIdLoader((ids) => db.corpus.findMany({ where: { id: { in: ids } } })),
    run: createIdLoader((ids) => db.run.findMany({ where: { id: { in: ids } } })),
    trial: createIdLoader((ids) => db.trial.findMany({ where: { id: { in: ids } } })),
    provenance: createIdLoader((ids) => db.provenance.findMany({ where: { id: { in: ids } } })),
    /** By slug, of a published dictionary. */
    dictionaryId: new DataLoader<string, number | null>(async (slugs) => {
      const where = { slug: { in: [...slugs] }, ...PUBLISHED };
      const rows = await db.dictionary.findMany({ where, select: { id: true, slug: true } });
      const ids = new Map(rows.map(({ id, slug }) => [slug, id]));
      return slugs.map((slug) => ids.get(slug) ?? null);
    }),
    dictionary: createIdLoader((ids) => db.dictionary.findMany({ where: { id: { in: ids }, ...PUBLISHED } })),
  };
}
