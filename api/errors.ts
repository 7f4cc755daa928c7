/**
 * The closed set of error codes a client can meet, and the one place where whatever was thrown becomes one of them.
 * Anything not foreseen leaves as INTERNAL with an id; the id and the stack are in the log.
 */
import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import type { GraphQLFormattedError } from 'graphql';

/** code -> what it means to the one who receives it. */
export const ERROR_CODES = {
  BAD_CURSOR: 'The cursor was not made by this list in this order; start again without it.',
  BAD_PAGE_SIZE: 'first or last is outside what this list allows; the message says the limit.',
  BAD_USER_INPUT: 'An argument or variable has a value that cannot be; the message says what was expected.',
  BAD_REQUEST: 'The HTTP request is not a GraphQL request.',
  GRAPHQL_PARSE_FAILED: 'The query is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The query does not fit the schema.',
  OPERATION_RESOLUTION_FAILURE: 'The document holds several operations and operationName picks none of them.',
  PERSISTED_QUERY_NOT_FOUND: 'The hash is not known yet; send it once more together with the query.',
  PERSISTED_QUERY_NOT_SUPPORTED: 'This server keeps no persisted queries.',
  NOT_FOUND: 'A subscription was asked for something that is not there.',
  TOO_DEEP: 'The query nests deeper than the limit.',
  TOO_COSTLY: 'The query could return more than the limit; ask for fewer rows or fields.',
  TOO_LARGE: 'The request, or the document in it, is longer than the limit.',
  TOO_MANY_ALIASES: 'The query holds more aliases than the limit.',
  TOO_MANY_OPERATIONS: 'This socket already runs as many operations as one may.',
  TIMED_OUT: 'The database needed longer than the limit; ask for less.',
  DATABASE_UNAVAILABLE: 'The database cannot be reached just now; try again in a moment.',
  INTERNAL: 'A fault of this server; the id in extensions is in its log.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error a client is meant to read. */
export class CodedError extends GraphQLError {
  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, { extensions: { code } });
    this.name = 'CodedError';
    if (cause !== undefined) this.cause = cause;
  }
}

export type ReportError = (error: { id: string; cause: unknown; path: string | undefined }) => void;

/** What a client gets to see of an error, wherever it was thrown: same answer over HTTP and over a socket. */
export function formatError(error: unknown, report: ReportError): GraphQLFormattedError {
  const outer = error instanceof GraphQLError ? error : undefined;
  const place = outer ? { locations: outer.locations, path: outer.path } : {};
  const answer = (code: ErrorCode, message: string, more?: object): GraphQLFormattedError =>
    JSON.parse(JSON.stringify({ message, ...place, extensions: { code, ...more } })) as GraphQLFormattedError;

  for (const cause of causesOf(error)) {
    if (cause instanceof CodedError) return answer(cause.extensions['code'] as ErrorCode, cause.message);
    const known = codeOfDatabaseError(cause);
    if (known) return answer(known, databaseMessage(known));
  }
  const code = outer?.extensions['code'];
  if (typeof code === 'string' && code in ERROR_CODES)
    return answer(tooManyTokens(outer!) ?? (code as ErrorCode), outer!.message);
  const id = randomUUID();
  report({ id, cause: outer?.originalError ?? error, path: outer?.path?.join('.') });
  return answer('INTERNAL', `Something went wrong here; it is in the log as ${id}.`, { id });
}

/** An error and everything it wraps, outermost first. GraphQL, Prisma and its driver adapter each keep it elsewhere. */
function* causesOf(error: unknown): Generator<object> {
  const queue: unknown[] = [error];
  // More than any chain seen; the bound is against cycles.
  for (let seen = 0; queue.length > 0 && seen < 16;) {
    const next = queue.shift();
    if (next === null || typeof next !== 'object') continue;
    seen++;
    yield next;
    const { originalError, cause, meta, driverAdapterError, errors } = next as Record<string, unknown>;
    queue.push(originalError, cause, meta, driverAdapterError);
    if (Array.isArray(errors)) queue.push(...(errors as unknown[]));
  }
}

/** Node's network faults, SQLSTATE classes 08 and 57P, and Prisma's codes and adapter kinds for the same. */
const UNREACHABLE = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'],
  ...['57P01', '57P02', '57P03', '57P05', '53300', '3D000'],
  ...['P1000', 'P1001', 'P1002', 'P1003', 'P1008', 'P1017', 'P2024', 'P2037'],
]);
const UNREACHABLE_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
]);
const UNREACHABLE_WORDS =
  /connection terminated|timeout exceeded when trying to connect|connection ended unexpectedly|client has encountered a connection error|not queryable|after calling end on the pool/i;

export function codeOfDatabaseError(cause: unknown): ErrorCode | undefined {
  if (cause === null || typeof cause !== 'object') return undefined;
  const { code, kind, originalCode, message, name } = cause as Record<string, unknown>;
  const state = typeof originalCode === 'string' ? originalCode : typeof code === 'string' ? code : '';
  if (UNREACHABLE.has(state) || /^08\d{3}$/.test(state)) return 'DATABASE_UNAVAILABLE';
  if (typeof kind === 'string' && UNREACHABLE_KINDS.has(kind)) return 'DATABASE_UNAVAILABLE';
  if (name === 'PrismaClientInitializationError') return 'DATABASE_UNAVAILABLE';
  // An error a client is meant to read may quote these words; only plain errors are judged by their text.
  if (!(cause instanceof GraphQLError) && typeof message === 'string' && UNREACHABLE_WORDS.test(message)) {
    return 'DATABASE_UNAVAILABLE';
  }
  if (state === '57014') return 'TIMED_OUT';
  // A NUL character, which Postgres cannot hold in a text.
  if (state === '22021' || state === '22P05') return 'BAD_USER_INPUT';
  return undefined;
}

/** True where trying again later may help. */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (const cause of causesOf(error)) if (codeOfDatabaseError(cause) === 'DATABASE_UNAVAILABLE') return true;
  return false;
}

function databaseMessage(code: ErrorCode): string {
  return code === 'BAD_USER_INPUT' ? 'expected text without NUL characters' : ERROR_CODES[code];
}

/** graphql-js reports its token limit as a syntax error. */
function tooManyTokens(error: GraphQLError): ErrorCode | undefined {
  return /Document contains more tha[tn] \d+ tokens/.test(error.message) ? 'TOO_LARGE' : undefined;
}
