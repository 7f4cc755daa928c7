import { describe, expect, it } from 'vitest';

import { commandOf, parseSteerConfig, STEER_DEFAULTS, toSlug, type SteerConfig } from './config.ts';

const config: SteerConfig = {
  ...STEER_DEFAULTS,
  ...{ slug: 'residua-reasoner-one', vector: 'one', name: 'One', testProblems: null },
  ...{ rank: null, norms: null, rate: null },
};

describe('config of steer train', () => {
  it('wants norms for random vectors, and for no others', () => {
    expect(parseSteerConfig(config)).toEqual(config);
    expect(() => parseSteerConfig({ ...config, norms: [1] })).toThrow(
      /norms: expected with the adapter random/,
    );
    expect(() => parseSteerConfig({ ...config, adapter: 'random' })).toThrow(/norms: expected/);
    expect(parseSteerConfig({ ...config, adapter: 'random', norms: [1] }).norms).toEqual([1]);
  });

  it('names what is wrong of a config that was made by hand', () => {
    expect(() => parseSteerConfig({ ...config, generations: 1 })).toThrow(/generations/);
    expect(() => parseSteerConfig({ ...config, adapter: 'magic' })).toThrow(/adapter/);
    expect(() => parseSteerConfig({ ...config, extra: 1 })).toThrow(/extra/);
  });

  it('becomes the command that repeats it, without folders of this machine', () => {
    const command = commandOf({ ...config, layers: [2, 4], rate: 0.05, problems: '/data/sums.jsonl' });
    expect(command).toBe(
      'residua steer train one --model residua-reasoner --problems sums.jsonl --test-count 400 --test-samples 1 ' +
        '--adapter vectors --layers 2,4 --place mlp.out --reward exact --rate 0.05 --steps 64 --prompts 32 ' +
        `--generations 16 --max-tokens ${STEER_DEFAULTS.maxTokens} --temperature 1 --seed 1`,
    );
  });

  it('makes a run’s slug of any model’s name', () => {
    expect(toSlug('Qwen2.5-Math-1.5B')).toBe('qwen2-5-math-1-5b');
  });
});
