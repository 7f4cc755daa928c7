/** GraphQL over a WebSocket (graphql-transport-ws), under the same limits and with the same errors as over HTTP. */
import type { Server } from 'node:http';
import { getOperationAST, getVariableValues, GraphQLError, parse, specifiedRules, validate } from 'graphql';
import type { ExecutionArgs, GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { CodedError, formatError } from './errors.ts';
import type { ErrorCode, ReportError } from './errors.ts';
import { subscribeShared } from './shared-subscribe.ts';
import {
  limitsRule,
  MAX_FRAME_BYTES,
  MAX_OPERATIONS_PER_SOCKET,
  MAX_REQUEST_BYTES,
  MAX_SOCKETS,
  MAX_TOKENS,
} from './limits.ts';

export interface SocketOptions {
  readonly server: Server;
  readonly path: string;
  readonly schema: GraphQLSchema;
  createContext(): object;
  readonly report: ReportError;
}

/** A peer that does not answer a ping for so long is gone; also what keeps proxies from closing quiet sockets. */
const KEEP_ALIVE_MS = 12_000;

export interface Sockets {
  readonly count: () => number;
  /** Says goodbye to everyone; does not wait for answers. */
  close(): void;
}

export function openSockets({ server, path, schema, createContext, report }: SocketOptions): Sockets {
  const sockets = new WebSocketServer({ server, path, maxPayload: MAX_FRAME_BYTES });
  const mask = (errors: readonly unknown[]): GraphQLFormattedError[] =>
    errors.map((error) => formatError(error, report));
  useServer(
    {
      connectionInitWaitTimeout: 5_000,
      onConnect: () => sockets.clients.size <= MAX_SOCKETS,
      onSubscribe: ({ subscriptions }, _id, payload) => {
        const running = Object.keys(subscriptions).length;
        if (running > MAX_OPERATIONS_PER_SOCKET) {
          const message = `expected at most ${MAX_OPERATIONS_PER_SOCKET} operations at once on a socket`;
          return [new CodedError('TOO_MANY_OPERATIONS', message)];
        }
        return prepare(schema, payload, createContext);
      },
      // What was asked is kept on the arguments by `prepare`.
      subscribe: (args) => subscribeShared(args as ExecutionArgs, (args as Prepared).asked) as never,
      onError: (_socket, _id, _payload, errors) => mask(errors) as never,
      onNext: (_socket, _id, _payload, _args, result) =>
        result.errors ? { ...result, errors: mask(result.errors) as never } : undefined,
    },
    sockets,
    KEEP_ALIVE_MS,
  );
  return {
    count: () => sockets.clients.size,
    close() {
      for (const socket of sockets.clients)
        socket.close(GOING_AWAY, 'The server is stopping; connect again.');
      sockets.close();
    },
  };
}

/** RFC 6455: the server goes down; clients of graphql-ws connect again after it. */
const GOING_AWAY = 1001;

interface Prepared extends ExecutionArgs {
  /** The whole request as text. */
  readonly asked: string;
}

/** Parsed and validated, or why not. */
function prepare(
  schema: GraphQLSchema,
  { query, variables, operationName }: SubscribePayload,
  createContext: () => object,
): Prepared | GraphQLError[] {
  const size = Buffer.byteLength(query) + (variables ? Buffer.byteLength(JSON.stringify(variables)) : 0);
  if (size > MAX_REQUEST_BYTES) {
    return [
      new CodedError('TOO_LARGE', `expected a request of at most ${MAX_REQUEST_BYTES} bytes, got ${size}`),
    ];
  }
  let document;
  try {
    document = parse(query, { maxTokens: MAX_TOKENS });
  } catch (error) {
    return [withCode(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')];
  }
  const errors = validate(schema, document, [...specifiedRules, limitsRule]);
  if (errors.length > 0) return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
  const operation = getOperationAST(document, operationName);
  if (!operation) {
    const message = 'expected operationName to name one of the operations of the document';
    return [new CodedError('OPERATION_RESOLUTION_FAILURE', message)];
  }
  const { errors: wrong } = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {});
  if (wrong) return wrong.map((error) => withCode(error, 'BAD_USER_INPUT'));
  const asked = JSON.stringify([query, variables, operationName]);
  return { schema, document, variableValues: variables, operationName, contextValue: createContext(), asked };
}

/** Apollo Server does this for requests over HTTP. */
function withCode(error: GraphQLError, code: ErrorCode): GraphQLError {
  if (error instanceof CodedError) return error;
  const { message, nodes, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions: { code } });
}
