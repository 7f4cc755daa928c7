import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';

const defaults = { shape: { B: 4096, D: 768, F: 16384, K: 32 } };

describe('parseOptions', () => {
  it('keeps the defaults of the bench where nothing is said', () => {
    const options = parseOptions([], defaults);
    expect(options.shape).toEqual(defaults.shape);
    expect(options).toMatchObject({ repeats: 5, warmups: 2, json: false, peers: false, device: 'cpu' });
    expect(options).toMatchObject({ backends: [], threads: undefined, sweep: undefined, isKGiven: false });
  });

  it('takes the shape by letters of either case', () => {
    const { shape, isKGiven } = parseOptions(['--b', '8', '--D', '4', '--F=64', '--k', '2'], defaults);
    expect(shape).toEqual({ B: 8, D: 4, F: 64, K: 2 });
    expect(isKGiven).toBe(true);
  });

  it('takes several backends and peers, each once', () => {
    const options = parseOptions(['--backend', 'native,wasm,native', '--only', 'sae-lens'], defaults);
    expect(options.backends).toEqual(['native', 'wasm']);
    expect(options.only).toEqual(['sae-lens']);
    expect(options.peers).toBe(true);
  });

  it('refuses what is no count, naming the flag and what it got', () => {
    expect(() => parseOptions(['--b', '0'], defaults)).toThrow('--b: expected a whole number of at least 1');
    expect(() => parseOptions(['--repeats', 'many'], defaults)).toThrow('got "many"');
    expect(() => parseOptions(['--data', 'odd'], defaults)).toThrow('--data: expected one of normal, uneven');
    expect(() => parseOptions(['--sweep', 'k'], defaults)).toThrow('--sweep: expected f or b, got "k"');
  });

  it('refuses more acts than features and words it does not know', () => {
    expect(() => parseOptions(['--f', '16'], defaults)).toThrow('--k: expected at most F = 16, got 32');
    expect(() => parseOptions(['--speed'], defaults)).toThrow(/--speed/);
    expect(() => parseOptions(['step'], defaults)).toThrow(/step/);
  });
});
