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

export class Context implements Services {
  readonly db: PrismaClient;
  readonly sql: Sql;
  readonly vocabularies: Vocabularies;
  readonly feeds: RunFeeds<Run>;
  #loaders: Loaders | undefined;

  constructor(services: Services) {
    this.db = services.db;
    this.sql = services.sql;
    this.vocabularies = services.vocabularies;
    this.feeds = services.feeds;
  }

  get loaders(): Loaders {
    return (this.#loaders ??= createLoaders(this));
  }

  /** A subscription keeps its context for hours: every event starts with nothing remembered. */
  forget(): void {
    this.#loaders = undefined;
  }
}
