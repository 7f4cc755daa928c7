// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { ACT_STEPS, actEdges, actStep } from './act-scale.ts';

describe('act scale', () => {
  it('has no step for no act, and the deepest for the strongest', () => {
    expect([actStep(0, 9), actStep(-1, 9), actStep(9, 9), actStep(20, 9)]).toEqual([
      0,
      0,
      ACT_STEPS,
      ACT_STEPS,
    ]);
  });

  it('shows even the weakest act', () => {
    expect(actStep(1e-9, 9)).toBe(1);
  });

  it('agrees with the edges that the legend writes', () => {
    actEdges(4.5).forEach((edge, step) => expect(actStep(edge, 4.5)).toBe(step + 1));
  });

  it('survives a feature that never acts', () => {
    expect(actStep(1, 0)).toBe(0);
  });
});
