/**
 * graphql-js' subscribe, but an event that many subscribers share is executed once for all who asked the same words:
 * 500 pages that follow one run cost one execution an event. Sound because no answer here depends on who asks.
 */
import { createSourceEventStream, execute } from 'graphql';
import type { ExecutionArgs, ExecutionResult } from 'graphql';

type Answer = ExecutionResult | Promise<ExecutionResult>;

/** By event, by what was asked. Events are forgotten with the feed that made them. */
const answers = new WeakMap<object, Map<string, Answer>>();

/** Different queries remembered for one event: the site sends one or two; others are executed each time. */
const MAX_REMEMBERED = 8;

/** asked: the query with its variables and operation name, as text. */
export async function subscribeShared(
  args: ExecutionArgs,
  asked: string,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const events = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in events)) return events;
  const iterator = events[Symbol.asyncIterator]() as AsyncIterator<object, undefined>;
  const answer = (event: object): Answer => {
    let known = answers.get(event);
    if (!known) answers.set(event, (known = new Map()));
    const result = known.get(asked) ?? (execute({ ...args, rootValue: event }) as Answer);
    if (known.size < MAX_REMEMBERED) known.set(asked, result);
    return result;
  };
  const end = { value: undefined, done: true } as const;
  const shared: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      const event = await iterator.next();
      return event.done ? end : { value: await answer(event.value), done: false };
    },
    async return() {
      await iterator.return?.();
      return end;
    },
    async throw(error) {
      await iterator.return?.();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return shared;
    },
  };
  return shared;
}
