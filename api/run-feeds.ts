/**
 * The feeds that somebody follows, and the iterators that follow them: opened with the first follower, closed with
 * the last. A follower is pulled by its consumer, so a slow one lags and holds nothing but its cursor.
 */
import { CodedError, isDatabaseUnavailable } from './errors.ts';
import { patiently } from './patience.ts';
import { FEED_TIMES, RunFeed } from './run-feed.ts';
import type { FeedTimes, LivePoint, PointRow, RunSource } from './run-feed.ts';

export class RunFeeds<Run extends object> {
  readonly #source: RunSource<Run>;
  readonly #times: FeedTimes;
  readonly #open = new Map<number, { feed: RunFeed<Run>; ready: Promise<void>; followers: number }>();

  constructor(source: RunSource<Run>, times: FeedTimes = FEED_TIMES) {
    this.#source = source;
    this.#times = times;
  }

  /** Every point after afterSeq in order, then live; ends when the run does. */
  async points(id: number, afterSeq: number): Promise<AsyncIterableIterator<LivePoint<Run>>> {
    const { feed, leave } = await this.#join(id);
    let cursor = afterSeq;
    let batch: readonly PointRow[] = [];
    let index = 0;
    return follow<Run, LivePoint<Run>>(feed, leave, async (isEnded) => {
      if (index === batch.length) {
        batch = await feed.after(cursor);
        index = 0;
      }
      if (index === batch.length) return isEnded ? END : WAIT;
      const point = batch[index++];
      cursor = point.seq;
      return feed.live(point);
    });
  }

  /** The run's row now and after every change; what a slow follower missed is left out. Ends when the run does. */
  async changes(id: number): Promise<AsyncIterableIterator<Run>> {
    const { feed, leave } = await this.#join(id);
    let seen: Run | null | undefined;
    return follow<Run, Run>(feed, leave, (isEnded) => {
      if (feed.run === null) return END;
      if (seen === feed.run) return isEnded ? END : WAIT;
      seen = feed.run;
      return feed.run;
    });
  }

  /** For what comes before a feed: a client may subscribe again while the database is still away. */
  patiently<Result>(read: () => Promise<Result>): Promise<Result> {
    return patiently(read, this.#times.patienceMs);
  }

  close(): void {
    for (const { feed } of this.#open.values()) feed.close();
    this.#open.clear();
  }

  async #join(id: number): Promise<{ feed: RunFeed<Run>; leave: () => void }> {
    let entry = this.#open.get(id);
    // A run may be tried again after it ended: the old feed is left to those who still read from it.
    if (!entry || entry.feed.isEnded || entry.feed.failure !== undefined) {
      const feed = new RunFeed(id, this.#source, this.#times);
      entry = { feed, ready: feed.open(), followers: 0 };
      this.#open.set(id, entry);
    }
    const mine = entry;
    mine.followers++;
    const leave = () => {
      if (--mine.followers > 0) return;
      mine.feed.close();
      if (this.#open.get(id) === mine) this.#open.delete(id);
    };
    try {
      await mine.ready;
    } catch (error) {
      leave();
      throw error;
    }
    return { feed: mine.feed, leave };
  }
}

const WAIT = Symbol('nothing yet');
const END = Symbol('nothing more');

/**
 * An iterator that asks `read` for the next value, and again at each change of the feed while there is none.
 * Written out and not as an async generator: the return() of a generator waits for its pending next().
 */
function follow<Run, Value extends object>(
  feed: RunFeed<Run>,
  leave: () => void,
  read: (isEnded: boolean) => Value | symbol | Promise<Value | symbol>,
): AsyncIterableIterator<Value> {
  let isOpen = true;
  let stopWaiting = () => undefined as void;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    leave();
    stopWaiting();
  };
  const changed = (version: number) =>
    new Promise<void>((resolve) => {
      if (feed.version !== version || !isOpen) return resolve();
      const forget = feed.onChange(resolve);
      stopWaiting = () => {
        forget();
        resolve();
      };
    });
  return {
    async next() {
      while (isOpen) {
        // Both are taken before reading: what changes while it reads is looked at in the next round.
        const { version, isEnded, failure } = feed;
        const value = await Promise.resolve(read(isEnded)).catch((error: unknown) => {
          close();
          throw error;
        });
        if (typeof value !== 'symbol')
          return isOpen ? { value, done: false } : { value: undefined, done: true };
        if (value === END) break;
        if (failure !== undefined) {
          close();
          throw isDatabaseUnavailable(failure)
            ? new CodedError(
                'DATABASE_UNAVAILABLE',
                'the database did not come back; subscribe again after the last seq',
                failure,
              )
            : failure;
        }
        await changed(version);
      }
      close();
      return { value: undefined, done: true };
    },
    async return() {
      close();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
