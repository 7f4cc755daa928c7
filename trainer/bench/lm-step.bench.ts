/** A training step of a small language model, and which kernels of the backend its time goes to. */
import type { Bench } from './bench.ts';
import type { Entry } from './interleave.ts';
import { describeContenders, describeMeasurements, tokensPerSecond } from './report.ts';
import { formatNumber } from './table.ts';

const KERNELS_SHOWN = 12; // the rest is below a hundredth of a step

export const lmStepBench: Bench = {
  summary: 'a training step of a small language model, by kernel',
  help: `Five layers of width 256, context 256; --b is the number of tokens, the other letters are not used.
  oursTokensPerSecond   tokens trained on
  kernelsMs             ms a step inside each kernel of the first backend (on a GPU: the time to ask for it)

  npm run bench -- lm-step --backend native,wasm`,
  defaults: { shape: { B: 4096, D: 256, F: 4096, K: 1 } },
  async run(session) {
    const { options } = session;
    const { shape } = options;
    const entries: Entry[] = [];
    for (const backend of options.backends.length > 0 ? options.backends : [undefined]) {
      const contender = await session.openOurs('lm-step', shape, { backend });
      entries.push({ name: `step, ${contender.about.backend}`, contender, operation: 'step' });
    }
    const { measurements } = await session.measure(entries);
    const [ours] = measurements;
    const kernels = Object.entries(ours.partsMs).sort((a, b) => b[1] - a[1]);
    return {
      keys: {
        shape: { B: shape.B },
        ...describeContenders(entries[0].contender),
        oursTokensPerSecond: tokensPerSecond(shape.B, ours.median),
        peakBytes: ours.peakBytes,
        kernelsMs: Object.fromEntries(kernels),
        measurements: describeMeasurements(measurements),
      },
      header: ['what', 'ms a step', 'share', 'tokens/s'],
      rows: [
        ...measurements.map((one) => [
          one.name,
          formatNumber(one.median),
          formatNumber(one.median / ours.median),
          formatNumber(tokensPerSecond(shape.B, one.median)),
        ]),
        ...kernels
          .slice(0, KERNELS_SHOWN)
          .map(([kernel, ms]) => [`  ${kernel}`, formatNumber(ms), formatNumber(ms / ours.median)]),
      ],
      notes: [],
    };
  },
};
