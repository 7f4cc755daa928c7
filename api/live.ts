/**
 * One LISTEN connection per process, fanned out to whoever waits. A notification is only a wake-up: what was sent
 * while the connection was down is lost, so after every reconnect everyone is woken once without a payload and
 * looks for himself. Knows nothing of runs or of GraphQL.
 */
import type { ChannelName, Channels } from '@residua/prisma/channels';
import pg from 'pg';

/** undefined: something may have been missed. */
type Wake = (payload: unknown) => void;

const FIRST_RETRY_MS = 200;
/** A restart of Postgres takes seconds; nobody should wait longer than this after it. */
const LAST_RETRY_MS = 3_000;

export class Hub {
  readonly #databaseUrl: string;
  readonly #report: (error: unknown) => void;
  readonly #wakes = new Map<ChannelName, Set<Wake>>();
  #client: pg.Client | undefined;
  #ready: Promise<void> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(databaseUrl: string, report: (error: unknown) => void) {
    this.#databaseUrl = databaseUrl;
    this.#report = report;
  }

  /** Calls wake for every notification until the returned function is called. Resolves once Postgres listens, or cannot. */
  async listen<Name extends ChannelName>(
    channel: Name,
    wake: (payload: Channels[Name] | undefined) => void,
  ): Promise<() => void> {
    const wakes = this.#wakes.get(channel) ?? new Set();
    const isFirst = wakes.size === 0;
    this.#wakes.set(channel, wakes.add(wake as Wake));
    if (!this.#ready) this.#ready = this.#connect();
    else if (isFirst) this.#ready = this.#ready.then(() => this.#say('LISTEN', channel));
    await this.#ready;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      wakes.delete(wake as Wake);
      if (wakes.size === 0 && this.#wakes.get(channel) === wakes) {
        this.#ready = this.#ready?.then(() =>
          wakes.size === 0 ? this.#say('UNLISTEN', channel) : undefined,
        );
      }
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    if (this.#isClosed) return;
    const client = new pg.Client({
      connectionString: this.#databaseUrl,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      application_name: 'residua-api-listen',
    });
    this.#client = client;
    const lose = (error?: unknown) => this.#lose(client, error);
    client.on('error', lose);
    client.on('end', () => lose());
    client.on('notification', ({ channel, payload }) => this.#wake(channel as ChannelName, payload));
    try {
      await client.connect();
      for (const [channel, wakes] of this.#wakes) {
        if (wakes.size > 0) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      }
      this.#retryMs = FIRST_RETRY_MS;
      for (const channel of this.#wakes.keys()) this.#wake(channel, undefined);
    } catch (error) {
      lose(error);
    }
  }

  /** Once per client: drops it and tries again, later each time. */
  #lose(client: pg.Client, error: unknown): void {
    if (this.#client !== client || this.#isClosed) return;
    this.#client = undefined;
    this.#report(error ?? new Error('the LISTEN connection was closed'));
    client.end().catch(() => undefined);
    this.#retry = setTimeout(() => {
      this.#ready = this.#connect();
    }, this.#retryMs);
    this.#retry.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  /** A failure here ends the connection, and the next one listens to everything again. */
  async #say(word: 'LISTEN' | 'UNLISTEN', channel: ChannelName): Promise<void> {
    await this.#client?.query(`${word} ${pg.escapeIdentifier(channel)}`).catch(this.#report);
  }

  #wake(channel: ChannelName, text: string | undefined): void {
    let payload: unknown;
    try {
      payload = text === undefined ? undefined : JSON.parse(text);
    } catch {
      payload = undefined; // not ours, but something happened
    }
    for (const wake of this.#wakes.get(channel) ?? []) wake(payload);
  }
}
