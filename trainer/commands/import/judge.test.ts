import { describe, expect, it } from 'vitest';

import { judge } from './judge.ts';

const good = { tokenCount: 2048, explainedVariance: 0.8, l0: 30 };

describe('the judgement over an import', () => {
  it('has nothing against a dictionary that does what its source says', () => {
    expect(judge(good, 32, [])).toEqual([]);
    expect(judge(good, undefined, [])).toEqual([]);
    expect(judge({ ...good, l0: 90 }, 30, [])).toEqual([]);
    expect(judge({ ...good, explainedVariance: 0 }, 32, [])).toEqual([]);
  });

  it('says of worse than the mean that the hookpoint or the scale is wrong, and which would do', () => {
    const others = [
      { option: '--hookpoint embed', explainedVariance: 0.1 },
      { option: '--hookpoint layers.1.residual.post', explainedVariance: 0.62 },
      { option: '--input-scale 0.25', explainedVariance: 0.91 },
      { option: '--input-scale 4', explainedVariance: -3 },
    ];
    const [reason, ...more] = judge({ ...good, explainedVariance: -0.5 }, 32, others);
    expect(more).toEqual([]);
    expect(reason).toContain('got -50.0 % (FVU 1.50)');
    expect(reason).toMatch(
      /; with --input-scale 0.25 it explains 91.0 %, with --hookpoint layers.1.residual.post it explains 62.0 %$/,
    );
  });

  it('suspects a lost threshold where tokens keep several times the acts, and a lost scale where they keep few', () => {
    expect(judge({ ...good, l0: 97 }, 32, [])[0]).toMatch(
      /expected about 32 acts per token.* got 97: was its threshold lost/,
    );
    expect(judge({ ...good, l0: 2.5 }, 32, [])[0]).toMatch(/got 2.5: were its inputs scaled/);
  });
});
