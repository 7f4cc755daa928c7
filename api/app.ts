/**
 * The GraphQL server as one piece: Apollo Server behind Express and graphql-ws on one HTTP server, over one Postgres.
 * Starts without a database and recovers when it comes. Reads no environment and ends no process: server.ts does.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer, HeaderMap } from '@apollo/server';
import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { expressMiddleware } from '@as-integrations/express5';
import { createPrisma } from '@residua/prisma/client';
import cors from 'cors';
import express from 'express';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { createContext } from './context.ts';
import type { Context, Services } from './context.ts';
import { formatError, isDatabaseUnavailable } from './errors.ts';
import type { ErrorCode, ReportError } from './errors.ts';
import { explorerPage } from './explorer.ts';
import { limitsRule, MAX_REQUEST_BYTES, MAX_REQUESTS, MAX_TOKENS } from './limits.ts';
import { Hub } from './live.ts';
import { Vocabularies } from './loaders/vocabulary.ts';
import type { FeedTimes } from './run-feed.ts';
import { RunFeeds } from './run-feeds.ts';
import { createRunSource } from './run-source.ts';
import { schema } from './schema/index.ts';
import { openSockets } from './socket.ts';
import { createPool, createSql } from './sql.ts';
import { createTurnstile } from './turnstile.ts';

export interface ApiOptions {
  readonly databaseUrl: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Logger;
  readonly feedTimes?: FeedTimes;
}

export interface Api {
  readonly url: string;
  readonly port: number;
  /** Within a second, whoever is connected. */
  close(): Promise<void>;
}

const PATH = '/graphql';
/** How long answers under way may take when the server stops. */
const GRACE_MS = 500;
/** Connections of Prisma, beside the ten of the hot statements. */
const PRISMA_CONNECTIONS = 5;

export async function openApi({ databaseUrl, host, port, log, feedTimes }: ApiOptions): Promise<Api> {
  const report: ReportError = ({ id, cause, path }) => log.error({ id, path, err: cause }, 'internal error');
  const { services, closeServices } = openServices(databaseUrl, log, feedTimes);
  const app = express();
  const server = createServer(app);
  // A request is small: whoever needs longer to send it is not sending it.
  server.requestTimeout = 30_000;
  const apollo = createApollo(report);
  await apollo.start();

  app.disable('x-powered-by');
  app.use(cors());
  app.get('/healthz', healthCheck(services));
  app.get(PATH, showExplorer);
  app.use(
    PATH,
    express.json({ limit: MAX_REQUEST_BYTES }),
    createTurnstile(MAX_REQUESTS),
    expressMiddleware(apollo, { context: async () => createContext(services) }),
  );
  app.use(refuseRequest(report));

  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  } catch (error) {
    await closeServices();
    throw error;
  }
  const sockets = openSockets({
    server,
    path: PATH,
    schema,
    createContext: () => createContext(services),
    report,
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}${PATH}`,
    port: address.port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      sockets.close();
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      await closed;
      clearTimeout(cut);
      await apollo.stop();
      await closeServices();
    },
  };
}

function openServices(databaseUrl: string, log: Logger, feedTimes: FeedTimes | undefined) {
  const pool = createPool(databaseUrl, (error) =>
    log.warn({ err: error }, 'lost an idle database connection'),
  );
  const db = createPrisma({
    url: databaseUrl,
    maxConnections: PRISMA_CONNECTIONS,
    applicationName: 'residua-api',
  });
  const sql = createSql(pool);
  const hub = new Hub(databaseUrl, (error) =>
    log.warn({ err: error }, 'lost the LISTEN connection; connecting again'),
  );
  const feeds = new RunFeeds(createRunSource(db, sql, hub), feedTimes);
  const services: Services = { db, sql, feeds, vocabularies: new Vocabularies(sql) };
  const closeServices = async () => {
    feeds.close();
    await Promise.allSettled([hub.close(), db.$disconnect(), pool.end()]);
  };
  return { services, closeServices };
}

function createApollo(report: ReportError): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    introspection: true,
    cache: 'bounded',
    validationRules: [limitsRule],
    parseOptions: { maxTokens: MAX_TOKENS },
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    // server.ts has handlers of its own; two that stop at the same time wait for each other.
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => {
      const answer = formatError(error, report);
      // Apollo Server knows codes that only the formatted error carries.
      return answer.extensions?.['code'] === undefined ? formatted : answer;
    },
    plugins: [ApolloServerPluginLandingPageDisabled(), sayUnavailable],
  });
}

/** 503 where nothing could be read, so that proxies and retry rules understand it too. */
const sayUnavailable: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return {
      async willSendResponse({ response }) {
        if (response.body.kind !== 'single') return;
        const { data, errors } = response.body.singleResult;
        const code: ErrorCode = 'DATABASE_UNAVAILABLE';
        const isEmpty = data == null || Object.values(data).every((value) => value === null);
        if (isEmpty && errors?.some(({ extensions }) => extensions?.['code'] === code)) {
          response.http.status = 503;
          response.http.headers ??= new HeaderMap();
          response.http.headers.set('retry-after', '1');
        }
      },
    };
  },
};

/** 200 when it can answer queries, 503 while the database is away. */
function healthCheck({ db }: Services): RequestHandler {
  return async (_request, response) => {
    try {
      await db.$queryRaw`select 1`;
      response.json({ status: 'ok' });
    } catch (error) {
      const reason = isDatabaseUnavailable(error) ? 'database unavailable' : 'database error';
      response.status(503).json({ status: reason });
    }
  };
}

/** Browsers that come to look get a page; everything else is a query. */
const showExplorer: RequestHandler = (request, response, next) => {
  const isVisit =
    request.headers.accept?.includes('text/html') &&
    !('query' in request.query) &&
    !('extensions' in request.query);
  if (!isVisit) return next();
  response.type('html').send(explorerPage(schema));
};

/** What body-parser refuses, in the words of GraphQL. */
function refuseRequest(report: ReportError): ErrorRequestHandler {
  return (error: { type?: string; status?: number; message?: string }, _request, response, next) => {
    if (response.headersSent) return next(error);
    const answer = (status: number, code: ErrorCode, message: string) =>
      response.status(status).json({ errors: [{ message, extensions: { code } }] });
    if (error.type === 'entity.too.large') {
      answer(413, 'TOO_LARGE', `expected a request of at most ${MAX_REQUEST_BYTES} bytes`);
    } else if (error.status !== undefined && error.status < 500) {
      answer(error.status, 'BAD_REQUEST', `expected a JSON body with a query: ${error.message}`);
    } else {
      response.status(500).json({ errors: [formatError(error, report)] });
    }
  };
}
