import { expect, test } from 'vitest';
import { isConnectionError } from './database.ts';

const withCode = (code: string) => Object.assign(new Error('failed'), { code });

test.each(['57P01', '57P03', '08006', '53300', '40P01', 'ECONNREFUSED', 'ECONNRESET', 'P1001'])(
  '%s may go away by itself',
  (code) => expect(isConnectionError(withCode(code))).toBe(true),
);

test.each(['23505', '42P01', '28P01', 'ENOENT', 'P2002'])('%s will not', (code) =>
  expect(isConnectionError(withCode(code))).toBe(false),
);

test('looks behind the error at what caused it', () => {
  expect(isConnectionError(new Error('publishing failed', { cause: withCode('ECONNREFUSED') }))).toBe(true);
  expect(isConnectionError(new AggregateError([withCode('ECONNREFUSED')], 'no address answered'))).toBe(true);
  expect(isConnectionError(new Error('Connection terminated unexpectedly'))).toBe(true);
  expect(isConnectionError('Connection terminated')).toBe(false);
});
