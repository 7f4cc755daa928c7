import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { FeatureRow, FeatureTable, type FeatureRowProps } from './feature-row.tsx';

afterEach(cleanup);

const hex = (text: string) =>
  [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const token = (text: string, act = 0) => ({
  text,
  act,
  rank: act > 0 ? 0 : null,
  index: 1,
  bytes: hex(text),
});

const usual: FeatureRowProps = {
  href: '/dictionaries/d/7',
  index: 7,
  label: 'months of the year',
  score: null,
  density: 0.0012,
  maxAct: 5,
  histogram: [3, 2, 1],
  example: { tokens: [token('In'), token(' May', 5), token(' it')], maxPosition: 1 },
};

function show(changes: Partial<FeatureRowProps>) {
  const { container } = render(
    <FeatureTable label="Features">
      <FeatureRow {...usual} {...changes} />
    </FeatureTable>,
  );
  return [...container.querySelectorAll('tbody td')].map((cell) => cell.textContent);
}

describe('FeatureRow', () => {
  it('tells index, label, density, strength and the strongest token in its context', () => {
    expect(show({})).toEqual(['7', 'months of the year', '–', '0.120\u202f%', '5.00', '', 'In May it']);
    expect(screen.getByRole('link', { name: 'months of the year' }).getAttribute('href')).toBe(
      '/dictionaries/d/7',
    );
  });

  it('says silent of a feature that never acts, instead of zeros', () => {
    expect(show({ density: 0, maxAct: 0, histogram: [], example: null }).slice(3)).toEqual([
      'silent',
      '–',
      '',
      '',
    ]);
  });

  it('tells absent, failed and zero scores apart', () => {
    const scores = [
      null,
      { value: null, exampleCount: 0, status: 'NOT_ENOUGH_EXAMPLES' },
      { value: 0, exampleCount: 20, status: 'OK' },
    ];
    expect(scores.map((score) => (cleanup(), show({ score })[2]))).toEqual(['–', 'too few', '0.000']);
  });

  it('says that a label is missing', () => {
    expect(show({ label: null })[1]).toBe('no label');
  });
});
