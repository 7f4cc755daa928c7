import { describe, expect, it } from 'vitest';
import type { BudgetTrial } from './budget-series.ts';
import { corporaOf, parseView, subjectsOf, viewHref } from './pareto-view.ts';

const trial = (model: string, domains: string[] = []) =>
  ({
    model: { slug: model, name: model.toUpperCase() },
    hookpoint: 'layers.2.residual.post',
    evaluations: domains.map((domain) => ({ corpus: { slug: `${domain}-text`, name: domain, domain } })),
  }) as unknown as BudgetTrial;

describe('the address of the Pareto page', () => {
  it('is bare for what is shown by itself and comes back as it went', () => {
    expect(viewHref(parseView({}))).toBe('/pareto');
    const view = parseView({ show: 'dead', x: 'l0', corpus: 'english', of: 'm/l' });
    expect(parseView(Object.fromEntries(new URL(viewHref(view), 'http://x').searchParams))).toEqual(view);
  });

  it('takes nothing it does not know', () => {
    expect(parseView({ show: 'toString', x: 'nope' })).toMatchObject({ measure: 'ev', x: 'budget' });
  });
});

describe('subjectsOf and corporaOf', () => {
  it('keeps models apart, the one with most trials first', () => {
    const subjects = subjectsOf([trial('a'), trial('b'), trial('b')]);
    expect(subjects.map(({ name, trials }) => [name, trials.length])).toEqual([
      ['B at layers.2.residual.post', 2],
      ['A at layers.2.residual.post', 1],
    ]);
  });

  it('puts general text first', () => {
    expect(corporaOf([trial('a', ['code', 'general'])]).map(({ domain }) => domain)).toEqual([
      'general',
      'code',
    ]);
  });
});
