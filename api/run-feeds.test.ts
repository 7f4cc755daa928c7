import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { PointRow, RunSource } from './run-feed.ts';
import { RunFeeds } from './run-feeds.ts';

interface FakeRun {
  readonly id: number;
  readonly isOver: boolean;
  readonly phase?: string;
}

/** A run table in memory that can be away, and counts what is read from it. */
function createSource(pointCount: number) {
  const points: PointRow[] = [];
  const wakes = new Set<() => void>();
  const state = { run: { id: 1, isOver: false } as FakeRun | null, isAway: false, reads: 0 };
  const check = () => {
    state.reads++;
    if (state.isAway) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  };
  const add = (count: number) => {
    for (let i = 0; i < count; i++) {
      const seq = points.length + 1;
      points.push({ runId: 1, seq, name: 'loss', step: seq, value: seq, at: new Date(0) });
    }
  };
  add(pointCount);
  const source: RunSource<FakeRun> = {
    run: async () => (check(), state.run),
    isEnded: (run) => run.isOver,
    lastSeq: async () => (check(), points.length),
    points: async (_id, afterSeq, limit) => (check(), points.slice(afterSeq, afterSeq + limit)),
    listen: async (_id, wake) => {
      wakes.add(wake);
      return () => void wakes.delete(wake);
    },
  };
  const wake = () => wakes.forEach((call) => call());
  return { source, state, wakes, points, add, wake };
}

const TIMES = { pollMs: 20, gapMs: 1, patienceMs: 5_000 };
const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function seqs(iterator: AsyncIterable<{ point: PointRow }>, atMost = Infinity): Promise<number[]> {
  const got: number[] = [];
  if (atMost === 0) return got;
  for await (const { point } of iterator) {
    got.push(point.seq);
    if (got.length === atMost) break;
  }
  return got;
}

describe('a feed of metric points', () => {
  it('replays a run that is over from any seq, and ends', async () => {
    const { source, state } = createSource(2_500);
    state.run = { id: 1, isOver: true };
    const feeds = new RunFeeds(source, TIMES);
    expect(await seqs(await feeds.points(1, 0))).toEqual(count(1, 2_500));
    expect(await seqs(await feeds.points(1, 2_498))).toEqual([2_499, 2_500]);
    expect(await seqs(await feeds.points(1, 2_500))).toEqual([]);
    expect(await seqs(await feeds.points(1, 9_999))).toEqual([]);
  });

  it('follows live without a gap or a repeat, and sends the points that came with the end before ending', async () => {
    const { source, state, add, wake } = createSource(3);
    const feeds = new RunFeeds(source, TIMES);
    const early = seqs(await feeds.points(1, 0));
    const late = seqs(await feeds.points(1, 5));
    for (let i = 0; i < 20; i++) {
      add(7);
      wake();
      await sleep(2);
    }
    add(1);
    state.run = { id: 1, isOver: true };
    wake();
    expect(await early).toEqual(count(1, 144));
    expect(await late).toEqual(count(6, 144));
  });

  it('finds by its poll what no notification told', async () => {
    const { source, state, add } = createSource(0);
    const feeds = new RunFeeds(source, TIMES);
    const all = seqs(await feeds.points(1, 0));
    add(2);
    await sleep(50);
    state.run = { id: 1, isOver: true };
    expect(await all).toEqual([1, 2]);
  });

  it('waits for a database that is away and goes on where it was', async () => {
    const { source, state, add, wake } = createSource(2);
    const feeds = new RunFeeds(source, TIMES);
    const all = seqs(await feeds.points(1, 0));
    await sleep(30);
    state.isAway = true;
    wake();
    await sleep(150);
    add(3);
    state.run = { id: 1, isOver: true };
    state.isAway = false;
    expect(await all).toEqual(count(1, 5));
  });

  it('tells its followers when the database stays away too long, with a code', async () => {
    const { source, state, wake } = createSource(1);
    const feeds = new RunFeeds(source, { ...TIMES, patienceMs: 50 });
    const all = seqs(await feeds.points(1, 0));
    await sleep(10);
    state.isAway = true;
    wake();
    await expect(all).rejects.toMatchObject({ extensions: { code: 'DATABASE_UNAVAILABLE' } });
  });

  it('keeps a bounded window: whoever lags behind it reads on from the table', async () => {
    const { source, state, add, wake } = createSource(0);
    const feeds = new RunFeeds(source, TIMES);
    const slow = await feeds.points(1, 0);
    const quick = seqs(await feeds.points(1, 0));
    for (let i = 0; i < 20; i++) {
      add(1_000);
      wake();
      await sleep(5);
    }
    state.run = { id: 1, isOver: true };
    wake();
    expect(await quick).toEqual(count(1, 20_000));
    expect(await seqs(slow)).toEqual(count(1, 20_000));
  });

  it('reads once for any number of followers', async () => {
    const { source, state, add, wake } = createSource(10);
    const feeds = new RunFeeds(source, { ...TIMES, pollMs: 60_000 });
    const followers = await Promise.all(count(1, 100).map(() => feeds.points(1, 0)));
    const all = followers.map((follower) => seqs(follower));
    await sleep(20);
    const before = state.reads;
    add(5);
    state.run = { id: 1, isOver: true };
    wake();
    await sleep(20);
    // The run and one page of points.
    expect(state.reads - before).toBe(2);
    for (const got of await Promise.all(all)) expect(got).toEqual(count(1, 15));
  });

  it('stops listening when the last follower has gone, even one that waits', async () => {
    const { source, wakes } = createSource(1);
    const feeds = new RunFeeds(source, TIMES);
    const one = await feeds.points(1, 0);
    const other = await feeds.points(1, 0);
    await one.next();
    const waiting = one.next();
    expect(wakes.size).toBe(1);
    await one.return!();
    expect(await waiting).toEqual({ value: undefined, done: true });
    await other.return!();
    await expect.poll(() => wakes.size, { timeout: 20_000 }).toBe(0);
  });

  it('follows a run anew that ended and was started again', async () => {
    const { source, state, add, wake } = createSource(1);
    state.run = { id: 1, isOver: true };
    const feeds = new RunFeeds(source, TIMES);
    const holder = await feeds.points(1, 0);
    await holder.next();
    state.run = { id: 1, isOver: false };
    const again = seqs(await feeds.points(1, 0), 3);
    add(2);
    wake();
    expect(await again).toEqual([1, 2, 3]);
    await holder.return!();
  });
});

describe('a feed of a run', () => {
  it('starts with its present state, leaves out what a slow reader missed, and ends with its last', async () => {
    const { source, state, wake } = createSource(0);
    const feeds = new RunFeeds(source, TIMES);
    const changes = await feeds.changes(1);
    expect((await changes.next()).value).toEqual({ id: 1, isOver: false });
    for (const phase of ['harvest', 'train', 'publish']) {
      state.run = { id: 1, isOver: phase === 'publish', phase };
      wake();
      await sleep(40);
    }
    expect((await changes.next()).value).toEqual({ id: 1, isOver: true, phase: 'publish' });
    expect((await changes.next()).done).toBe(true);
  });

  it('ends when the run is deleted', async () => {
    const { source, state, wake } = createSource(0);
    const feeds = new RunFeeds(source, TIMES);
    const changes = await feeds.changes(1);
    await changes.next();
    state.run = null;
    wake();
    expect((await changes.next()).done).toBe(true);
  });
});
