import { cleanup, render } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { BarsWithError, placeIn, rangeText, type ErrorBar } from './bars-with-error.tsx';

afterEach(cleanup);

const bar = (mean: number, sd: number | null, rest: Partial<ErrorBar> = {}): ErrorBar => ({
  ...{ key: String(mean), name: `m${mean}`, colour: 'muted', spread: { mean, sd, n: 3 } },
  ...rest,
});

describe('placeIn', () => {
  it('keeps zero, whiskers and a paper’s range inside the track', () => {
    const place = placeIn([bar(-0.1, 0.02, { paper: [-0.36, -0.28] }), bar(0.3, 0.05)]);
    const places = [-0.36, 0, 0.35].map(place);
    expect(places.every((percent) => percent >= 0 && percent <= 100)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('starts at zero where nothing is below it, and survives nothing at all', () => {
    expect(placeIn([bar(0.3, null)])(0)).toBe(0);
    expect(placeIn([])(0)).toBe(0);
    expect(Number.isFinite(placeIn([bar(0, 0)])(0))).toBe(true);
  });
});

describe('BarsWithError', () => {
  it('writes mean and spread, draws a whisker only where the spread is known, and marks the paper', () => {
    const { container } = render(
      <BarsWithError
        title="Gained"
        unit="share"
        format={(value) => value.toFixed(2)}
        bars={[bar(0.3, 0.05, { paper: [0.59, 0.59] }), bar(0.2, null), bar(0.1, null, { spread: null })]}
      />,
    );
    const rows = [...container.querySelectorAll('ol > li')];
    expect(rows.map((row) => row.textContent)).toEqual(['m0.30.30 ± 0.05, paper 0.59', 'm0.20.20', 'm0.1–']);
    expect(rows.map((row) => row.querySelectorAll('[aria-hidden] > *').length)).toEqual([4, 2, 1]);
  });
});

describe('bars held against a value', () => {
  const whole = (text: string | null) => Number.parseFloat(text ?? '');

  it('begin there, reach for a level, and write the ends of an interval in the table', () => {
    const { container } = render(
      <BarsWithError
        title="Accuracy"
        unit="share"
        format={String}
        from={0.5}
        level={0.9}
        bars={[
          bar(0.7, null, { range: [0.6, 0.75], colour: 'steering' }),
          bar(0.4, null, { range: [0.3, 0.5] }),
        ]}
      />,
    );
    const styles = [...container.querySelectorAll('li')].map((row) =>
      [...row.querySelectorAll<HTMLElement>('[aria-hidden] > *')].map(({ style }) => style),
    );
    const [[level, up, , zero], [, down]] = styles;
    expect(whole(up.left)).toBeCloseTo(whole(zero.left), 6);
    expect(whole(down.left) + whole(down.width)).toBeCloseTo(whole(zero.left), 6);
    expect(whole(level.left)).toBeGreaterThan(whole(up.left) + whole(up.width));
    expect(container.querySelector('tbody tr')?.textContent).toBe('m0.70.70.60.753–');
  });
});

describe('rangeText', () => {
  it('says one figure once', () => {
    expect(rangeText([1, 1], String)).toBe('1');
    expect(rangeText([1, 2], String)).toBe('1 to 2');
  });
});
