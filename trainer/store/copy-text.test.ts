import { expect, test } from 'vitest';
import { copyLine } from './copy-text.ts';

const where = () => 'example, record 3';

test('writes every kind of field as COPY reads it', () => {
  expect(copyLine([1, 'a', true, false, null, [1, 2.5], []], where)).toBe('1\ta\tt\tf\t\\N\t{1,2.5}\t{}\n');
});

test('escapes what would end a field or a line, and nothing else', () => {
  expect(copyLine(['a\tb\nc\rd\\e', 'ü "x" {1,2}'], where)).toBe('a\\tb\\nc\\rd\\\\e\tü "x" {1,2}\n');
});

test('text that reads like null stays text', () => {
  expect(copyLine(['\\N'], where)).toBe('\\\\N\n');
});

test('numbers survive: the shortest text of a double, and no minus zero', () => {
  expect(copyLine([0.1 + 0.2, 1e-300, -0, [-0, 5e-324]], where)).toBe(
    '0.30000000000000004\t1e-300\t0\t{0,5e-324}\n',
  );
});

test.each([NaN, Infinity, -Infinity])('%s is refused with the place where it stands', (value) => {
  expect(() => copyLine([1, [value]], where)).toThrow(
    `Expected finite numbers in example, record 3, got ${value}`,
  );
});
