import { cleanup, render } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { BoxPlots, type Box } from './box-plots.tsx';

afterEach(cleanup);

const box = (name: string, values: readonly number[], n = 256): Box => {
  const [min, lower, median, upper, max] = values;
  return { name, quartiles: { min, lower, median, upper, max, mean: (lower + upper) / 2, n } };
};

function draw(boxes: readonly Box[], level?: number) {
  const { container } = render(
    <BoxPlots
      title="Shift"
      description="d"
      boxes={boxes}
      xLabel="position"
      yAxis={{ label: 'probability', format: String }}
      level={level}
    />,
  );
  return container;
}

const attributes = (container: HTMLElement) =>
  [...container.querySelectorAll('svg *')].flatMap((node) => [...node.attributes].map(({ value }) => value));

describe('BoxPlots', () => {
  it('draws a box of each distribution between its quartiles, higher values higher up', () => {
    const container = draw([box('0', [-1, 0, 0.2, 0.4, 1]), box('1', [-1, -0.4, -0.2, 0, 1])]);
    const bodies = [...container.querySelectorAll('[data-box]')].map(
      (group) => group.querySelectorAll('rect')[1],
    );
    const tops = bodies.map((rect) => Number(rect.getAttribute('y')));
    expect(tops[0]).toBeLessThan(tops[1]);
    const [first, second] = bodies.map((rect) => Number(rect.getAttribute('height')));
    expect(first).toBeCloseTo(second, 6);
    expect(container.querySelector('title')?.textContent).toBe(
      '0: median 0.2, half of 256 within 0 to 0.4, all within -1 to 1, mean 0.2',
    );
    expect(container.querySelectorAll('tbody tr')).toHaveLength(2);
  });

  it('names as many boxes as fit, and keeps every one in the table', () => {
    const container = draw(Array.from({ length: 48 }, (_, at) => box(String(at), [0, 1, 2, 3, 4])));
    const names = [...container.querySelectorAll('svg text')].filter(
      ({ textContent }) => textContent === '47',
    );
    expect(names).toHaveLength(0);
    expect(container.querySelectorAll('[data-box]')).toHaveLength(48);
    expect(container.querySelectorAll('tbody tr')).toHaveLength(48);
  });

  it.each([
    ['nothing', []],
    ['a distribution of one value', [box('first', [0.3, 0.3, 0.3, 0.3, 0.3], 1)]],
    ['zeros alone', [box('first', [0, 0, 0, 0, 0])]],
  ])('draws %s without a broken number', (_, boxes) => {
    expect(attributes(draw(boxes, 0)).filter((value) => /NaN|Infinity|undefined/.test(value))).toEqual([]);
  });

  it('keeps the level that counts as nothing inside the picture', () => {
    const line = [...draw([box('first', [5, 6, 7, 8, 9])], 0).querySelectorAll('svg > line')].pop()!;
    expect(Number(line.getAttribute('y1'))).toBeLessThanOrEqual(168);
  });
});
