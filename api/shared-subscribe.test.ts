import { GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { subscribeShared } from './shared-subscribe.ts';

interface Tick {
  readonly count: number;
}

function createSchema(ticks: readonly Tick[]) {
  const state = { executions: 0, returned: 0 };
  async function* source() {
    try {
      yield* ticks;
    } finally {
      state.returned++;
    }
  }
  const type = new GraphQLObjectType({
    name: 'Tick',
    fields: {
      count: { type: GraphQLInt },
      secret: { type: GraphQLString, resolve: () => Promise.reject(new Error('no')) },
    },
  });
  const tick = {
    type: new GraphQLNonNull(type),
    args: { fail: { type: GraphQLInt } },
    subscribe: (_root: unknown, { fail }: { fail?: number }) => {
      if (fail) throw new Error('cannot');
      return source();
    },
    resolve: (event: Tick) => (state.executions++, event),
  };
  const query = new GraphQLObjectType({ name: 'Query', fields: { nothing: { type: GraphQLInt } } });
  const subscription = new GraphQLObjectType({ name: 'Subscription', fields: { tick } });
  return { schema: new GraphQLSchema({ query, subscription }), state };
}

async function follow(schema: GraphQLSchema, query: string, asked = query): Promise<unknown[]> {
  const events = await subscribeShared({ schema, document: parse(query) }, asked);
  if (!(Symbol.asyncIterator in events)) return [events];
  const got: unknown[] = [];
  for await (const event of events) got.push(event);
  return got;
}

describe('a shared subscription', () => {
  it('executes an event once for all who ask the same, and anew for who asks something else', async () => {
    const { schema, state } = createSchema([{ count: 1 }, { count: 2 }]);
    const one = 'subscription { tick { count } }';
    const answers = await Promise.all([follow(schema, one), follow(schema, one), follow(schema, one)]);
    for (const answer of answers)
      expect(answer).toEqual([{ data: { tick: { count: 1 } } }, { data: { tick: { count: 2 } } }]);
    expect(state.executions).toBe(2);
    const [other] = await follow(schema, 'subscription { tick { n: count } }');
    expect(other).toEqual({ data: { tick: { n: 1 } } });
    expect(state.executions).toBe(4);
  });

  it('remembers a bounded number of different questions for an event, and answers all of them', async () => {
    const { schema, state } = createSchema([{ count: 7 }]);
    for (let i = 0; i < 20; i++) {
      expect(await follow(schema, `subscription { tick { a${i}: count } }`)).toEqual([
        { data: { tick: { [`a${i}`]: 7 } } },
      ]);
    }
    const before = state.executions;
    await follow(schema, 'subscription { tick { a0: count } }');
    expect(state.executions).toBe(before);
    await follow(schema, 'subscription { tick { a19: count } }');
    expect(state.executions).toBe(before + 1);
  });

  it('passes on what goes wrong before the first event and in one', async () => {
    const { schema } = createSchema([{ count: 1 }]);
    expect(await follow(schema, 'subscription { tick(fail: 1) { count } }')).toMatchObject([
      { errors: [{ message: 'cannot' }] },
    ]);
    expect(await follow(schema, 'subscription { tick { secret } }')).toMatchObject([
      { data: { tick: { secret: null } }, errors: [{ message: 'no' }] },
    ]);
  });

  it('closes its source when the subscriber leaves', async () => {
    const { schema, state } = createSchema([{ count: 1 }, { count: 2 }]);
    const events = await subscribeShared(
      { schema, document: parse('subscription { tick { count } }') },
      'leaver',
    );
    for await (const event of events as AsyncIterable<unknown>) {
      expect(event).toEqual({ data: { tick: { count: 1 } } });
      break;
    }
    expect(state.returned).toBe(1);
  });
});
