import { describe, expect, it } from 'vitest';
import type { Contender } from './contender.ts';
import { interleave } from './interleave.ts';

const quiet = { repeats: 3, warmups: 1, say: () => undefined };

function fake(name: string, log: string[], run: (turn: number) => number): Contender {
  let turn = 0;
  return {
    name,
    about: { operations: ['step'], versions: {}, device: 'none', threads: 1 },
    run: () => {
      log.push(name);
      const ms = run(turn++);
      return Promise.resolve({ ms, parts: { half: ms / 2 } });
    },
    rest: () => Promise.resolve(void log.push(`${name} rests`)),
    memory: () => Promise.resolve({ peakBytes: 7 }),
    close: () => Promise.resolve(),
  };
}

describe('interleave', () => {
  it('lets contenders take turns, and times nothing of the warm-up', async () => {
    const log: string[] = [];
    const entries = ['a', 'b'].map((name) => ({
      name,
      operation: 'step',
      contender: fake(name, log, (turn) => (turn === 0 ? 1000 : turn)),
    }));
    const { measurements, failed } = await interleave(entries, quiet);
    expect(log).toEqual(['a', 'b', 'a rests', 'b rests', 'a', 'b', 'a', 'b', 'a', 'b']);
    expect(failed).toEqual({});
    expect(measurements[0]).toMatchObject({ name: 'a', samplesMs: [1, 2, 3], median: 2, peakBytes: 7 });
    expect(measurements[0].partsMs).toEqual({ half: 1 });
  });

  it('reports a peer that fails half-way, with its reason, and goes on without it', async () => {
    const log: string[] = [];
    const falls = fake('peer', log, (turn) => {
      if (turn === 2) throw new Error('out of memory');
      return 5;
    });
    const { measurements, failed } = await interleave(
      [
        { name: 'ours', operation: 'step', contender: fake('ours', log, () => 1) },
        { name: 'peer', operation: 'step', contender: falls, isPeer: true },
      ],
      quiet,
    );
    expect(measurements.map(({ name }) => name)).toEqual(['ours']);
    expect(failed).toEqual({ peer: 'out of memory' });
  });

  it('ends with the error when it is ours that fails', async () => {
    const ours = fake('ours', [], () => {
      throw new Error('broken');
    });
    await expect(interleave([{ name: 'ours', operation: 'step', contender: ours }], quiet)).rejects.toThrow(
      'broken',
    );
  });
});
