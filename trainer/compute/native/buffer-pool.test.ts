import { expect, test } from 'vitest';
import { BufferPool, lengthOf } from './buffer-pool.ts';

const MIB = 1 << 20;
const most = { mostIdleBytes: 1024 * MIB };
/** Values of so many MiB. */
const mib = (count: number): number => (count * MIB) / 4;

test('gives the same memory again, to another size of its class, too', () => {
  const pool = new BufferPool(most);
  const first = pool.take(1000);
  expect(first).toHaveLength(1000);
  pool.giveBack(first);
  const second = pool.take(990);
  expect(second).toHaveLength(990);
  expect(second.buffer).toBe(first.buffer);
});

test('gives a buffer half as large again where there is none of the size, and no larger one', () => {
  const pool = new BufferPool(most);
  const large = pool.take(1500);
  pool.giveBack(large);
  expect(pool.take(900).buffer).not.toBe(large.buffer);
  expect(pool.take(1024).buffer).toBe(large.buffer);
});

test('never gives to two what one still uses', () => {
  const pool = new BufferPool(most);
  const all = Array.from({ length: 20 }, (_, i) => pool.take(300 + i));
  all.filter((_, i) => i % 2 === 0).forEach((values) => pool.giveBack(values));
  const more = Array.from({ length: 20 }, (_, i) => pool.take(290 + i));
  const used = [...all.filter((_, i) => i % 2 === 1), ...more].map(({ buffer }) => buffer);
  expect(new Set(used).size).toBe(used.length);
});

test('wastes an eighth of a buffer at most', () => {
  for (let size = 256; size < 70_000; size += 37) {
    expect(lengthOf(size)).toBeGreaterThanOrEqual(size);
    expect(lengthOf(size)).toBeLessThanOrEqual(size * 1.125);
    expect(lengthOf(lengthOf(size))).toBe(lengthOf(size));
  }
});

test('holds twice what was ever used at once, whatever sizes come', () => {
  const pool = new BufferPool(most);
  for (let round = 0; round < 60; round++) {
    const taken = [pool.take(mib(40 + 2 * round)), pool.take(mib(30))];
    taken.forEach((values) => pool.giveBack(values));
    expect(pool.usedBytes).toBe(0);
    expect(pool.idleBytes).toBeLessThanOrEqual(2 * (lengthOf(mib(40 + 2 * round)) + mib(30)) * 4);
  }
});

test('lets go of what was used longest ago', () => {
  const pool = new BufferPool({ mostIdleBytes: 100 * MIB });
  const sizes = [mib(40), mib(20), mib(48)];
  const [old, recent, newest] = sizes.map((size) => pool.take(size));
  [old, recent, newest].forEach((values) => pool.giveBack(values));
  expect(pool.idleBytes).toBe(68 * MIB);
  expect(pool.take(mib(40)).buffer).not.toBe(old.buffer);
  expect(pool.take(mib(20)).buffer).toBe(recent.buffer);
});

test('counts what somebody else holds now as given up, and forgets it', () => {
  const pool = new BufferPool(most);
  const values = pool.take(5000);
  pool.giveUp(values);
  expect([pool.usedBytes, pool.idleBytes]).toEqual([0, 0]);
  expect(pool.take(5000).buffer).not.toBe(values.buffer);
});
