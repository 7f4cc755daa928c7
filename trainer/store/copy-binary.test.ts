import { expect, test } from 'vitest';
import { COPY_END, COPY_HEAD, createCopyWriter, type CopyField, type CopyType } from './copy-binary.ts';

const where = () => 'example, record 3';

/** One row as hexadecimal, without the number of its fields. */
function row(types: CopyType[], fields: CopyField[]): string {
  const writer = createCopyWriter(types);
  writer.row(fields, where);
  return writer.take().subarray(2).toString('hex');
}

test('a row is the number of its fields, then each with its length', () => {
  const writer = createCopyWriter(['int4', 'bool', 'text']);
  writer.row([258, true, 'aé'], where);
  expect(writer.take().toString('hex')).toBe(
    '0003' + '00000004' + '00000102' + '00000001' + '01' + '00000003' + '61c3a9',
  );
});

test('null is a length of -1 and no bytes', () => {
  expect(row(['float8', 'text'], [null, null])).toBe('ffffffffffffffff');
});

test('whole numbers of eight bytes keep all 53 bits, also below 0', () => {
  expect(row(['int8'], [2 ** 53 - 1])).toBe('00000008' + '001fffffffffffff');
  expect(row(['int8'], [-2])).toBe('00000008' + 'fffffffffffffffe');
});

test('fractions are IEEE doubles, without minus zero', () => {
  expect(row(['float8'], [1.5])).toBe('00000008' + '3ff8000000000000');
  expect(row(['float8'], [-0])).toBe('00000008' + '0000000000000000');
});

test('an array says its type and its one dimension, an empty one has none', () => {
  const element = '00000004' + '3fc00000';
  expect(row(['float4[]'], [[1.5]])).toBe(
    '0000001c' + '00000001' + '00000000' + '000002bc' + '00000001' + '00000001' + element,
  );
  expect(row(['int4[]'], [[]])).toBe('0000000c' + '00000000' + '00000000' + '00000017');
});

test('jsonb begins with the version of its format', () => {
  expect(row(['jsonb'], ['{}'])).toBe('00000003' + '01' + '7b7d');
});

test('text keeps what the text format would have to escape; U+0000, which Postgres has not, becomes its picture', () => {
  const text = 'a\tb\\N\n"{1,2}"';
  expect(row(['text'], [text]).slice(8)).toBe(Buffer.from(text).toString('hex'));
  expect(row(['text'], ['a\0b']).slice(8)).toBe(Buffer.from('a\u2400b').toString('hex'));
});

test('rows that outgrow the buffer stay whole, and taking them empties it', () => {
  const writer = createCopyWriter(['text', 'int4[]']);
  const long = Array.from({ length: 100_000 }, (_, i) => i);
  writer.row(['first', []], where);
  writer.row(['x'.repeat(300_000), long], where);
  const taken = writer.take();
  expect(taken.length).toBe(2 + 4 + 5 + 4 + 12 + (2 + 4 + 300_000 + 4 + 20 + 8 * long.length));
  expect(taken.readInt32BE(taken.length - 4)).toBe(99_999);
  expect(writer.sizeBytes).toBe(0);
});

test('head and end are those of the format', () => {
  expect(COPY_HEAD.toString('hex')).toBe('5047434f50590aff0d0a00' + '0000000000000000');
  expect(COPY_END.toString('hex')).toBe('ffff');
});

test.each([NaN, Infinity, -Infinity])('%s is refused with the place where it stands', (value) => {
  for (const type of ['int4', 'float8'] as const)
    expect(() => row([type], [value])).toThrow(`Expected finite numbers in example, record 3, got ${value}`);
  expect(() => row(['float4[]'], [[value]])).toThrow('Expected finite numbers in example, record 3');
});

test('a number that its column cannot hold is refused, not cut', () => {
  expect(() => row(['int4'], [1.5])).toThrow(
    'Expected whole numbers below 2147483648 in example, record 3, got 1.5',
  );
  expect(() => row(['int4[]'], [[2 ** 31]])).toThrow('got 2147483648');
  expect(() => row(['int8'], [2 ** 60])).toThrow('Expected whole numbers below 9007199254740992');
  expect(() => row(['float4[]'], [[1e39]])).toThrow(
    'Expected numbers of four bytes in example, record 3, got 1e+39',
  );
});
