/** One typed question to the API from a server component. No cache: a page shows what is true when it is asked. */
import type { TypedDocumentString } from './generated/graphql.ts';
import { serverEndpoint } from './endpoint.ts';

/** Long enough for a cold database, short enough that a visitor still waits. */
const TIMEOUT_MS = 15_000;

/** The API did not answer at all. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
}

/** The API answered with errors; `code` is the first error's extensions.code. */
export class ApiRefused extends Error {
  override readonly name = 'ApiRefused';
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

interface Answer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly { message: string; extensions?: { code?: string } }[];
}

export async function ask<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const url = serverEndpoint();
  const answer = await post<Result>(url, JSON.stringify({ query: document.toString(), variables }));
  const [error] = answer.errors ?? [];
  if (error) throw new ApiRefused(error.message, error.extensions?.code ?? 'INTERNAL_SERVER_ERROR');
  if (!answer.data) throw new ApiRefused('expected data or errors, got neither', 'INTERNAL_SERVER_ERROR');
  return answer.data;
}

async function post<Result>(url: string, body: string): Promise<Answer<Result>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
      },
      body,
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return (await response.json()) as Answer<Result>;
  } catch (cause) {
    throw new ApiUnreachable(`expected an answer from ${url}, got none (${reason(cause)})`, { cause });
  }
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause.cause as { code?: string } | undefined;
  return inner?.code ?? cause.message;
}
