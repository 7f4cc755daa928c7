// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { TypedDocumentString } from './generated/graphql.ts';
import { followLive, type LiveState } from './live.ts';

const document = 'subscription' as unknown as TypedDocumentString<{ seq: number }, { afterSeq: number }>;

/** A server of points 1…last that drops the connection after every `perConnection` events. */
function flakyServer(last: number, perConnection: number) {
  const asked: number[] = [];
  async function* iterate({ variables }: { variables?: Record<string, unknown> | null }) {
    const afterSeq = Number(variables?.afterSeq);
    asked.push(afterSeq);
    for (let seq = afterSeq + 1; seq <= last; seq++) {
      if (seq - afterSeq > perConnection) throw new Error('socket closed');
      yield { data: { seq } };
    }
  }
  return { asked, connect: () => ({ iterate: iterate as never }) };
}

/** A server that is not there. */
function refuse(): never {
  throw new Error('refused');
}

describe('followLive', () => {
  it('takes every event once, in order, over as many connections as it needs', async () => {
    const { asked, connect } = flakyServer(7, 3);
    const seen: number[] = [];
    const states: LiveState['kind'][] = [];
    await followLive({
      url: 'ws://x',
      document,
      variables: () => ({ afterSeq: seen[seen.length - 1] ?? 0 }),
      onEvent: ({ seq }) => seen.push(seq),
      onState: ({ kind }) => states.push(kind),
      signal: new AbortController().signal,
      connect,
    });
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(asked).toEqual([0, 3, 6]);
    expect(states.filter((kind, at) => kind !== states[at - 1])).toEqual([
      'connecting',
      'live',
      'lost',
      'live',
      'lost',
      'live',
      'ended',
    ]);
  });

  it('remembers since when the connection is lost through all its tries', async () => {
    const stop = new AbortController();
    const since: number[] = [];
    let clock = 100;
    await followLive({
      url: 'ws://x',
      document,
      variables: () => ({ afterSeq: 0 }),
      onEvent: () => {},
      onState: (state) => {
        if (state.kind === 'lost') since.push(state.sinceMs);
        if (since.length === 2) stop.abort();
      },
      signal: stop.signal,
      now: () => clock++,
      connect: () => ({ iterate: () => refuse() }),
    });
    expect(since).toEqual([100, 100]);
  });

  it('falls silent when the page is left', async () => {
    const stop = new AbortController();
    stop.abort();
    const states: string[] = [];
    await followLive({
      url: 'ws://x',
      document,
      variables: () => ({ afterSeq: 0 }),
      onEvent: () => {},
      onState: ({ kind }) => states.push(kind),
      signal: stop.signal,
    });
    expect(states).toEqual(['connecting']);
  });
});
