import { describe, expect, it } from 'vitest';
import { createItem, findPeak, formatBytes, sumItems } from './memory.ts';

describe('a memory item', () => {
  it('shows the product that its bytes are', () => {
    const item = createItem('moments', { axes: { F: 4096, D: 256 }, copies: 2 });
    expect(item).toMatchObject({ sizes: '2 x F 4,096 x D 256 x 4 B', sizeBytes: 8 * 2 ** 20 });
    expect(item.largestBytes).toBe(4 * 2 ** 20);
  });
});

describe('a memory plan', () => {
  const MIB = 2 ** 20;
  const mib = (n: number, place: 'tensors' | 'arrays' | 'objects') =>
    createItem(place, { axes: { n }, bytesPerValue: MIB, place });

  it('peaks in the phase that needs most, on top of what lives throughout', () => {
    const plan = {
      resident: [mib(10, 'tensors')],
      phases: [
        { name: 'first', items: [mib(5, 'arrays'), mib(6, 'objects')] },
        { name: 'second', items: [mib(10, 'arrays')] },
      ],
    };
    const { phase, need } = findPeak(plan);
    expect(phase).toBe('first');
    expect(need).toMatchObject({ totalBytes: 21 * MIB, tensorBytes: 10 * MIB, objectBytes: 6 * MIB });
  });

  it('takes objects for no array: the heap grows in small pieces', () => {
    expect(sumItems([mib(3, 'arrays'), mib(9, 'objects')]).largest?.largestBytes).toBe(3 * MIB);
  });
});

it('writes bytes as people say them', () => {
  expect([0, 1023, 1536, 200 * 2 ** 20, 3 * 2 ** 40].map(formatBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.5 KiB',
    '200 MiB',
    '3.0 TiB',
  ]);
});
