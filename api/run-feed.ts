/**
 * What one run yields while it goes: read from Postgres once, shared by all who follow it.
 * A follower holds only a cursor (the seq of the last point he got). Points newer than the feed's window come from
 * memory, older ones by pages from the table, so nobody's slowness costs memory and nobody misses or repeats a point.
 * NOTIFY only wakes the feed; the table is the truth, and a slow poll covers what NOTIFY may lose.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { patiently } from './patience.ts';

export interface PointRow {
  readonly runId: number;
  /** 1, 2, 3, ... inside a run, in commit order. */
  readonly seq: number;
  readonly name: string;
  readonly step: number;
  readonly value: number;
  readonly at: Date;
}

/** A point, and the run as it stood when the point was sent. */
export interface LivePoint<Run> {
  readonly point: PointRow;
  readonly run: Run | null;
}

/** Where a feed reads; runs are rows of the run table. */
export interface RunSource<Run> {
  run(id: number): Promise<Run | null>;
  isEnded(run: Run): boolean;
  lastSeq(id: number): Promise<number>;
  /** Points with seq > afterSeq, in order, at most limit. */
  points(id: number, afterSeq: number, limit: number): Promise<PointRow[]>;
  /** Calls wake when the run may have changed, until the returned function is called. */
  listen(id: number, wake: () => void): Promise<() => void>;
}

export interface FeedTimes {
  /** Reads at least this often. */
  readonly pollMs: number;
  /** Reads at most this often: bounds the load of a writer that notifies for every point. */
  readonly gapMs: number;
  /** How long an unreachable database is waited for before the followers are told. */
  readonly patienceMs: number;
}
export const FEED_TIMES: FeedTimes = { pollMs: 2_000, gapMs: 20, patienceMs: 10 * 60_000 };

/** Points kept in memory: the last minute of a run at 80 points a second. */
const WINDOW_POINTS = 5_000;
/** Points of one read. */
const PAGE_POINTS = 1_000;

export class RunFeed<Run> {
  readonly id: number;
  readonly #source: RunSource<Run>;
  readonly #times: FeedTimes;
  readonly #waiters = new Set<() => void>();
  readonly #pages = new Map<number, Promise<PointRow[]>>();
  readonly #live = new WeakMap<PointRow, LivePoint<Run>>();
  #window: PointRow[] = [];
  /** Every committed point up to here has been seen; the window holds those after #floor. */
  #head = 0;
  #floor = 0;
  #wake: () => void = () => undefined;
  #isDirty = false;
  #isClosed = false;
  /** Counts changes of anything below. */
  version = 0;
  /** The same object for as long as nothing in it changes. */
  run: Run | null = null;
  /** The run is over and its last point has been seen. */
  isEnded = false;
  failure: unknown;

  constructor(id: number, source: RunSource<Run>, times: FeedTimes) {
    this.id = id;
    this.#source = source;
    this.#times = times;
  }

  /** Reads the present state, then keeps reading in the background until close. */
  async open(): Promise<void> {
    const unlisten = await this.#source.listen(this.id, () => {
      this.#isDirty = true;
      this.#wake();
    });
    try {
      this.#head = this.#floor = await this.#patiently(() => this.#source.lastSeq(this.id));
      await this.#patiently(() => this.#read());
    } catch (error) {
      unlisten();
      throw error;
    }
    void this.#follow().finally(unlisten);
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** Committed points after a seq, oldest first; empty when there are none yet. */
  async after(seq: number): Promise<readonly PointRow[]> {
    if (seq >= this.#head) return [];
    if (seq < this.#floor) return this.#page(seq);
    let low = 0;
    let high = this.#window.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#window[middle].seq > seq) high = middle;
      else low = middle + 1;
    }
    return this.#window.slice(low, low + PAGE_POINTS);
  }

  /** One object for all followers who get the point while the run stands as it does. */
  live(point: PointRow): LivePoint<Run> {
    const known = this.#live.get(point);
    if (known && known.run === this.run) return known;
    const live = { point, run: this.run };
    this.#live.set(point, live);
    return live;
  }

  /** Calls back once at the next change; the returned function takes that back. */
  onChange(callback: () => void): () => void {
    this.#waiters.add(callback);
    return () => this.#waiters.delete(callback);
  }

  /** Followers that stand at the same place share the read. */
  #page(seq: number): Promise<PointRow[]> {
    let page = this.#pages.get(seq);
    if (!page) {
      page = this.#patiently(() => this.#source.points(this.id, seq, PAGE_POINTS));
      this.#pages.set(seq, page);
      void page.catch(() => undefined).finally(() => this.#pages.delete(seq));
    }
    return page;
  }

  async #follow(): Promise<void> {
    try {
      while (!this.#isClosed && !this.isEnded) {
        await this.#woken();
        if (this.#isClosed) return;
        await this.#patiently(() => this.#read());
        await sleep(this.#times.gapMs);
      }
    } catch (error) {
      this.failure = error;
      this.#change();
    }
  }

  /** The run's row first, then the points: a run that was over before the last read has no point after it. */
  async #read(): Promise<void> {
    this.#isDirty = false;
    const run = await this.#source.run(this.id);
    const before = this.#head;
    for (;;) {
      const points = await this.#source.points(this.id, this.#head, PAGE_POINTS);
      this.#append(points);
      if (points.length < PAGE_POINTS) break;
      this.#change();
    }
    const isEnded = run === null || this.#source.isEnded(run);
    const isSameRun = JSON.stringify(run) === JSON.stringify(this.run);
    if (isSameRun && isEnded === this.isEnded && this.#head === before) return;
    if (!isSameRun) this.run = run;
    this.isEnded = isEnded;
    this.#change();
  }

  #append(points: readonly PointRow[]): void {
    if (points.length === 0) return;
    this.#window.push(...points);
    this.#head = points[points.length - 1].seq;
    // Cut in blocks, so that cutting costs little per point.
    const excess = this.#window.length - WINDOW_POINTS;
    if (excess > PAGE_POINTS) {
      this.#floor = this.#window[excess - 1].seq;
      this.#window = this.#window.slice(excess);
    }
  }

  #change(): void {
    this.version++;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter();
  }

  #woken(): Promise<void> {
    if (this.#isDirty || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#times.pollMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #patiently<Result>(read: () => Promise<Result>): Promise<Result> {
    return patiently(read, this.#times.patienceMs, () => this.#isClosed);
  }
}
