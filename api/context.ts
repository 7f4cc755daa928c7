/**
 * What a resolver may use. The services live as long as the process; loaders batch and remember within one request,
 * or within one event of a subscription.
 */
import type { PrismaClient, Run } from '@residua/prisma/generated/client/client';
import type { RunFeeds } from './run-feeds.ts';
import { createLoaders } from './loaders/index.ts';
import type { Loaders } from './loaders/index.ts';
import type { Vocabularies } from './loaders/vocabulary.ts';
import type { Sql } from './sql.ts';

export interface Services {
  readonly db: PrismaClient;
  readonly sql: Sql;
  readonly vocabularies: Vocabularies;
  readonly feeds: RunFeeds<Run>;
}

export interface Context extends Services {
  readonly loaders: Loaders;
  /** A subscription keeps its context for hours: every event starts with nothing remembered. */
  forget(): void;
}

/** A plain object, because Apollo Server copies it. */
export function createContext(services: Services): Context {
  let loaders: Loaders | undefined;
  return {
    ...services,
    get loaders() {
      return (loaders ??= createLoaders(services));
    },
    forget() {
      loaders = undefined;
    },
  };
}
