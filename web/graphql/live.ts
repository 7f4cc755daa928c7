/**
 * Following a subscription from a browser for as long as a page is open: over one socket per address, through lost
 * connections and restarts of the server. Variables are asked for anew at every attempt, so a cursor is never stale.
 */
import { createClient, type Client } from 'graphql-ws/client';
import type { TypedDocumentString } from './generated/graphql.ts';

export type LiveState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Lost at this moment; trying again. */
  | { readonly kind: 'lost'; readonly sinceMs: number }
  /** The server said there is no more. */
  | { readonly kind: 'ended' };

export interface LiveOptions<Result, Variables> {
  readonly url: string;
  readonly document: TypedDocumentString<Result, Variables>;
  readonly variables: () => Variables;
  readonly onEvent: (result: Result) => void;
  readonly onState: (state: LiveState) => void;
  readonly signal: AbortSignal;
  readonly now?: () => number;
  readonly connect?: (url: string) => Pick<Client, 'iterate'>;
}

/** A second try is quick, later ones leave a restarting server in peace. */
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 8_000;
/** A proxy that drops a silent socket is noticed within this and PONG_WITHIN_MS. */
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;

export async function followLive<Result, Variables>(options: LiveOptions<Result, Variables>): Promise<void> {
  const { url, document, variables, onEvent, onState, signal, now = Date.now, connect = clientFor } = options;
  const query = document.toString();
  let isLive = false;
  let lostAtMs: number | null = null;
  let waitMs = RETRY_FIRST_MS;
  onState({ kind: 'connecting' });
  while (!signal.aborted) {
    try {
      const events = connect(url).iterate<Result>({
        query,
        variables: variables() as Record<string, unknown>,
      });
      signal.addEventListener('abort', () => void events.return?.(), { once: true });
      for await (const event of events) {
        if (event.errors) throw new Error(event.errors[0]?.message);
        if (!isLive) onState({ kind: 'live' });
        [isLive, lostAtMs, waitMs] = [true, null, RETRY_FIRST_MS];
        if (event.data) onEvent(event.data);
      }
      if (!signal.aborted) onState({ kind: 'ended' });
      return;
    } catch {
      isLive = false;
      lostAtMs ??= now();
      if (!signal.aborted) onState({ kind: 'lost', sinceMs: lostAtMs });
    }
    await pause(waitMs, signal);
    waitMs = Math.min(RETRY_MOST_MS, waitMs * 2);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

const clients = new Map<string, Client>();

function clientFor(url: string): Client {
  const known = clients.get(url);
  if (known) return known;
  const client = openClient(url);
  clients.set(url, client);
  return client;
}

function openClient(url: string): Client {
  let socket: WebSocket | undefined;
  let deadline: ReturnType<typeof setTimeout> | undefined;
  return createClient({
    url,
    retryAttempts: 0, // followLive retries, with a fresh cursor
    keepAlive: PING_EVERY_MS,
    on: {
      opened: (opened) => (socket = opened as WebSocket),
      ping: (received) => {
        if (!received) deadline = setTimeout(() => socket?.close(4408, 'no pong'), PONG_WITHIN_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(deadline);
      },
      closed: () => clearTimeout(deadline),
    },
  });
}
