import { describe, expect, it } from 'vitest';
import { createRng, restoreRng, shuffle } from './rng.ts';

describe('rng', () => {
  it('follows xoshiro128** as its authors wrote it', () => {
    // State 1, 2, 3, 4: first outputs of the published C code, worked by hand for the first two.
    // out = rotl(s1 * 5, 7) * 9: 10 << 7 = 1280, times 9 = 11520; then s1 becomes 0, so the second output is 0.
    const rng = restoreRng([1, 2, 3, 4]);
    expect(rng.next() * 2 ** 32).toBe(11520);
    expect(rng.next() * 2 ** 32).toBe(0);
  });

  it('goes on from a saved state as if it had not stopped', () => {
    const rng = createRng(7);
    for (let i = 0; i < 100; i++) rng.normal();
    const again = restoreRng(JSON.parse(JSON.stringify(rng.state())) as never);
    const numbers = [rng.next(), rng.normal(), rng.int(10), rng.next()];
    expect([again.next(), again.normal(), again.int(10), again.next()]).toEqual(numbers);
  });

  it('gives uniform and normal numbers of the right moments', () => {
    const rng = createRng(1);
    const normals = Array.from({ length: 20_000 }, () => rng.normal());
    const mean = normals.reduce((a, b) => a + b) / normals.length;
    const variance = normals.reduce((a, b) => a + (b - mean) ** 2, 0) / normals.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 14_000; i++) counts[rng.int(7)]++;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it('refuses a state of zeros and an empty range', () => {
    expect(() => restoreRng([0, 0, 0, 0])).toThrow(/not all 0/);
    expect(() => createRng(1).int(0)).toThrow(/expected an integer/);
  });

  it('shuffles in place, from the end, every order alike', () => {
    const values = [10, 11, 12, 13];
    const asked: number[] = [];
    shuffle(values, { int: (n) => asked.push(n) - asked.length });
    expect(asked).toEqual([4, 3, 2]);
    expect(values).toEqual([11, 12, 13, 10]);
    const seen = new Map<string, number>();
    const rng = createRng(5);
    for (let i = 0; i < 6000; i++) {
      const order = Uint32Array.of(0, 1, 2);
      shuffle(order, rng);
      seen.set(order.join(), (seen.get(order.join()) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
