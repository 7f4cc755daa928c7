import { describe, expect, it } from 'vitest';
import type { Measurement } from './interleave.ts';
import { describeMeasurements, describePeers, gigaflops, stepRow, tokensPerSecond } from './report.ts';

function measured(name: string, median: number, peakBytes = 2 ** 20): Measurement {
  const spread = { median, lowerQuartile: median - 1, upperQuartile: median + 1 };
  return { name, samplesMs: [median], partsMs: {}, peakBytes, ...spread };
}

const specs = [
  { name: 'dense', module: 'm', variant: '', isDense: true },
  { name: 'sparse', module: 'm', variant: '', isDense: false },
];

describe('report', () => {
  it('counts tokens and operations per second', () => {
    expect(tokensPerSecond(4096, 500)).toBe(8192);
    expect(gigaflops(2e9, 10)).toBe(200);
  });

  it('compares with the best peer and with the best dense one', () => {
    const keys = describePeers(
      1000,
      measured('ours', 100),
      [measured('dense', 400), measured('sparse', 250)],
      specs,
      { other: 'did not install' },
    );
    expect(keys).toMatchObject({
      peers: { dense: 2500, sparse: 4000 },
      bestPeer: 'sparse',
      ratioToBestPeer: 2.5,
      bestDensePeer: 'dense',
      ratioToBestDensePeer: 4,
      failedPeers: { other: 'did not install' },
    });
  });

  it('says null, not a number, where no peer ran', () => {
    const keys = describePeers(1000, measured('ours', 100), [], specs, {});
    expect(keys).toMatchObject({
      peers: {},
      bestPeer: null,
      ratioToBestPeer: null,
      ratioToBestDensePeer: null,
    });
  });

  it('puts the unit into every time of the object', () => {
    expect(describeMeasurements([measured('ours', 5)])[0]).toEqual({
      name: 'ours',
      medianMs: 5,
      lowerQuartileMs: 4,
      upperQuartileMs: 6,
      samplesMs: [5],
      partsMs: {},
      peakBytes: 2 ** 20,
    });
  });

  it('prints a row with the ratio to the base', () => {
    expect(stepRow(1000, measured('ours', 100), measured('dense', 400, 3 * 2 ** 20))).toEqual([
      'dense',
      '400',
      '399–401',
      '2500',
      '4.00',
      '3',
    ]);
  });
});
