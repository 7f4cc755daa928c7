// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { pickBudget } from './budget.ts';

describe('pickBudget', () => {
  const budgets = [4, 8, 16, 32, 64];
  it('takes a stored budget from the address', () => expect(pickBudget('16', budgets)).toBe(16));
  it('takes the largest where none is asked for', () => expect(pickBudget(undefined, budgets)).toBe(64));
  it('takes the largest for what is no number', () => {
    for (const text of ['', 'many', 'NaN', 'Infinity']) expect(pickBudget(text, budgets)).toBe(64);
  });
  it('takes the nearest for a budget that is not stored', () => {
    expect([
      pickBudget('5', budgets),
      pickBudget('30', budgets),
      pickBudget('-3', budgets),
      pickBudget('9e9', budgets),
    ]).toEqual([4, 32, 4, 64]);
  });
  it('has an answer for a dictionary without budgets', () => expect(pickBudget('4', [])).toBe(0));
});
