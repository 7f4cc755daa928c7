import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { Bars } from './bars.tsx';
import { CurveChart, yRangeOf } from './curve-chart.tsx';
import { Histogram } from './histogram.tsx';
import { LiveSeries } from './live-series.tsx';
import { MiniHistogram, regroup } from './mini-histogram.tsx';

afterEach(cleanup);

const axis = (label: string) => ({ label, format: String });
const numbersOf = (container: HTMLElement) =>
  [...container.querySelectorAll('svg *')].flatMap((node) => [...node.attributes].map((a) => a.value));

describe('CurveChart', () => {
  const curve = (points: { x: number; y: number }[]) => [{ name: 'EV', colour: 'base' as const, points }];

  it('names both axes with their units and draws a point for every value', () => {
    const { container } = render(
      <CurveChart
        title="EV"
        description="d"
        curves={curve([
          { x: 4, y: 0.5 },
          { x: 8, y: 0.6 },
        ])}
        xAxis={axis('budget, acts')}
        yAxis={axis('share')}
        logX
      />,
    );
    expect(container.textContent).toContain('budget, acts');
    expect(container.textContent).toContain('share');
    expect(container.querySelectorAll('path')).toHaveLength(1);
    expect(container.querySelectorAll('circle[r="3.5"]')).toHaveLength(2);
  });

  it('is not squeezed by a curve that may leave: it is cut, and its numbers stay in the table', () => {
    const main = curve([
      { x: 4, y: 0.5 },
      { x: 8, y: 0.9 },
    ]);
    const falling = {
      ...{ name: 'away', colour: 'muted' as const, draw: 'thin' as const, mayLeave: true },
      points: [
        { x: 4, y: 0.6 },
        { x: 8, y: -2 },
      ],
    };
    const [low, high] = yRangeOf([...main, falling]);
    expect(low).toBeLessThan(0.5);
    expect(low).toBeGreaterThan(0.4);
    expect(high).toBeLessThan(1);
    expect(yRangeOf([{ ...falling, mayLeave: false }, ...main])[0]).toBeLessThan(-2);
    expect(yRangeOf([falling])[0]).toBeLessThan(-2);
    const { container } = render(
      <CurveChart
        title="t"
        description="d"
        curves={[...main, falling]}
        xAxis={axis('x')}
        yAxis={axis('y')}
        logX
      />,
    );
    expect(container.querySelectorAll('svg svg path')).toHaveLength(1);
    expect(container.querySelector('table')?.textContent).toContain('-2');
  });

  it.each([
    ['nothing', []],
    ['one point', [{ x: 4, y: 0.5 }]],
    [
      'a flat line',
      [
        { x: 4, y: 0 },
        { x: 8, y: 0 },
      ],
    ],
  ])('draws %s without a broken number', (_, points) => {
    const { container } = render(
      <CurveChart
        title="t"
        description="d"
        curves={curve(points)}
        xAxis={axis('x')}
        yAxis={axis('y')}
        logX
        fromZero
      />,
    );
    expect(numbersOf(container).filter((value) => /NaN|Infinity|undefined/.test(value))).toEqual([]);
  });

  it('keeps the table behind the picture', () => {
    const { container } = render(
      <CurveChart
        title="t"
        description="d"
        curves={curve([{ x: 4, y: 0.25 }])}
        xAxis={axis('budget')}
        yAxis={axis('y')}
      />,
    );
    const cells = [...container.querySelectorAll('tbody td')].map((cell) => cell.textContent);
    expect(cells).toEqual(['4', '0.25']);
  });

  it('draws a band behind a line and error bars on dots, and names shapes in the legend', () => {
    const points = [
      { x: 4, y: 0.5, sd: 0.1 },
      { x: 8, y: 0.6, sd: 0.1 },
    ];
    const { container } = render(
      <CurveChart
        title="t"
        description="d"
        curves={[
          { name: 'one', colour: 'base', draw: 'line', points },
          { name: 'many', colour: 'ink', draw: 'dots', shape: 'square', points },
          { name: 'silent', colour: 'muted', draw: 'thin', points, legend: '' },
        ]}
        xAxis={axis('x')}
        yAxis={axis('y')}
        logX
      />,
    );
    const picture = container.querySelector('svg[role=img]')!;
    expect(picture.querySelectorAll('[data-mark]')).toHaveLength(2);
    expect(
      [...picture.querySelectorAll('path')].filter((p) => p.getAttribute('d')?.endsWith('Z')),
    ).toHaveLength(3);
    expect(container.querySelector('figcaption')?.textContent).toBe('tonemany');
    expect(container.querySelector('tbody td:nth-child(2)')?.textContent).toBe('0.5 ± 0.1');
  });

  it('draws an interval that is not even around its value, and writes both of its ends', () => {
    const { container } = render(
      <CurveChart
        title="t"
        description="d"
        curves={[
          {
            ...{ name: 'one', colour: 'steering', draw: 'dots' },
            points: [{ x: 1, y: 0.5, sd: 9, range: [0.4, 0.9] }],
          },
        ]}
        xAxis={axis('x')}
        yAxis={axis('y')}
      />,
    );
    expect(container.querySelector('tbody td:nth-child(2)')?.textContent).toBe('0.5 [0.4, 0.9]');
    expect(
      yRangeOf([{ name: 'a', colour: 'base', points: [{ x: 0, y: 1, sd: 9, range: [0, 2] }] }])[1],
    ).toBeCloseTo(2.1);
  });

  it('marks the current x', () => {
    const { container } = render(
      <CurveChart
        title="t"
        description="d"
        curves={curve([
          { x: 4, y: 1 },
          { x: 8, y: 2 },
        ])}
        xAxis={axis('x')}
        yAxis={axis('y')}
        current={8}
      />,
    );
    expect(container.querySelectorAll('[data-current]')).toHaveLength(1);
  });
});

describe('Histogram', () => {
  it('draws a bar for every bin and says counts in words', () => {
    const { container } = render(
      <Histogram title="Acts" counts={[100, 25, 0, 1]} lower={0} upper={4} xLabel="act" />,
    );
    expect(container.querySelectorAll('rect')).toHaveLength(8);
    expect(screen.getByRole('img').getAttribute('aria-label')).toBe(
      'Acts: 126 acts in 4 bins from 0 to 4.00',
    );
  });

  it.each([
    ['a feature that never acts', [0, 0, 0], 0],
    ['no bins at all', [], 1],
  ])('survives %s', (_, counts, upper) => {
    const { container } = render(
      <Histogram title="Acts" counts={counts} lower={0} upper={upper} xLabel="act" />,
    );
    expect(numbersOf(container).filter((value) => /NaN|Infinity/.test(value))).toEqual([]);
  });
});

describe('MiniHistogram', () => {
  it('groups bins without losing a count', () => {
    const counts = Array.from({ length: 40 }, (_, at) => at);
    const grouped = regroup(counts, 20);
    expect(grouped).toHaveLength(20);
    expect(grouped.reduce((a, b) => a + b)).toBe(780);
  });

  it('shows even a single count in a sea of others', () => {
    const { container } = render(<MiniHistogram counts={[1_000_000, 1]} label="l" />);
    const [, bars] = container.querySelectorAll('path');
    expect(bars.getAttribute('d')).toBe('M0 16v-16h1.5V16zM2 16v-1h1.5V16z');
  });
});

describe('Bars', () => {
  it('measures lists that share a scale against the same whole', () => {
    const { container } = render(
      <Bars label="l" full={4} bars={[{ key: 1, name: 'a', value: -2, text: '−2' }]} />,
    );
    expect(container.querySelector<HTMLElement>('[aria-hidden]')?.style.width).toBe('50%');
  });

  it('draws nothing for a list of zeros', () => {
    const { container } = render(<Bars label="l" bars={[{ key: 1, name: 'a', value: 0, text: '0' }]} />);
    expect(container.querySelector<HTMLElement>('[aria-hidden]')?.style.width).toBe('0%');
  });
});

describe('LiveSeries', () => {
  it('writes the newest value and is nothing before the first', () => {
    const { container, rerender } = render(
      <LiveSeries title="Loss" unit="mse" points={[]} format={String} />,
    );
    expect(container.innerHTML).toBe('');
    rerender(
      <LiveSeries
        title="Loss"
        unit="mse"
        points={[
          { x: 0, y: 3 },
          { x: 5, y: 2 },
        ]}
        format={String}
      />,
    );
    expect(screen.getByRole('img').getAttribute('aria-label')).toContain('newest 2 mse at step 5');
  });
});
