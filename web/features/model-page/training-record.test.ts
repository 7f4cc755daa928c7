// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { parseTraining } from './training-record.ts';

describe('parseTraining', () => {
  it('reads what train-lm writes', () => {
    const record = parseTraining({
      command: 'residua train-lm',
      seed: 1,
      stepTotal: 20,
      curve: [{ step: 1, tokens: 10, lossNats: 8.3 }],
      heldOutCurve: [{ step: 20, evaluation: { lossNats: 4.2 } }],
      corpora: [{ slug: 'prose', share: 0.5 }],
      heldOut: { lossNats: 4.2, byCorpus: [{ corpus: 'prose', lossNats: 4.1 }] },
    });
    expect(record).toEqual({
      command: 'residua train-lm',
      facts: [
        { name: 'steps', value: 20 },
        { name: 'seed', value: 1 },
      ],
      curve: [{ x: 1, y: 8.3 }],
      heldOutCurve: [{ x: 20, y: 4.2 }],
      corpora: [{ slug: 'prose', share: 0.5, lossNats: 4.1 }],
    });
  });

  it('leaves out what it does not understand', () => {
    const record = parseTraining({
      curve: [1, { step: 'x', lossNats: 1 }, null],
      corpora: 'many',
      heldOutCurve: [{ step: 1 }],
    });
    expect(record).toEqual({ command: undefined, facts: [], curve: [], heldOutCurve: [], corpora: [] });
  });

  it('is null where there is no record', () => {
    expect([parseTraining(null), parseTraining('text'), parseTraining([])]).toEqual([null, null, null]);
  });
});
