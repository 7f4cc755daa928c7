import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { CodedError, formatError, isDatabaseUnavailable } from './errors.ts';

const located = (originalError: Error) =>
  new GraphQLError(originalError.message, { originalError, path: ['run', 0] });

describe('an error', () => {
  it('that was meant for the client keeps its code and words, however deep it lies', () => {
    const answer = formatError(located(new CodedError('BAD_CURSOR', 'expected a cursor')), fail);
    expect(answer).toEqual({
      message: 'expected a cursor',
      path: ['run', 0],
      extensions: { code: 'BAD_CURSOR' },
    });
  });

  it('that nobody foresaw tells the client only an id, and the log everything', () => {
    const reports: { id: string; cause: unknown; path: string | undefined }[] = [];
    const cause = new Error('password of the database is hunter2');
    const answer = formatError(located(cause), (report) => reports.push(report));
    expect(answer.extensions?.['code']).toBe('INTERNAL');
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(reports).toEqual([{ id: answer.extensions?.['id'], cause, path: 'run.0' }]);
    expect(answer.message).toContain(reports[0].id);
  });

  it('of the network, of Postgres or of Prisma that means no database says so', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    const stopped = Object.assign(new Error('terminating connection due to administrator command'), {
      code: '57P01',
    });
    const adapter = {
      meta: { driverAdapterError: { cause: { kind: 'DatabaseNotReachable' } } },
      code: 'P2039',
    };
    for (const cause of [
      refused,
      stopped,
      new AggregateError([refused], 'all addresses failed'),
      new Error('Connection terminated unexpectedly'),
      Object.assign(new Error('prisma'), adapter),
    ]) {
      expect(isDatabaseUnavailable(cause), cause.message).toBe(true);
      expect(formatError(located(cause), fail).extensions?.['code']).toBe('DATABASE_UNAVAILABLE');
    }
  });

  it('about the data of a statement is none of the connection', () => {
    const unique = Object.assign(new Error('duplicate key value violates unique constraint'), {
      code: '23505',
    });
    expect(isDatabaseUnavailable(unique)).toBe(false);
    expect(isDatabaseUnavailable(new CodedError('BAD_CURSOR', 'Connection terminated'))).toBe(false);
  });

  it('that wraps itself is looked at once and no more', () => {
    const loop = new Error('loop') as Error & { cause: unknown };
    loop.cause = loop;
    expect(isDatabaseUnavailable(loop)).toBe(false);
  });
});

function fail(): never {
  throw new Error('expected nothing to be reported');
}
