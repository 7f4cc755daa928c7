/** Is a step's time linear in F and in B? One process of ours per size, all taking turns, and a straight line through them. */
import type { Entry } from './interleave.ts';
import type { Shape } from './options.ts';
import { describeContenders, describeMeasurements, type Findings, tokensPerSecond } from './report.ts';
import type { Session } from './session.ts';
import { fitLine } from './statistics.ts';
import { formatMebibytes, formatNumber } from './table.ts';

const SIZES = {
  f: [12, 13, 14, 15, 16, 17].map((power) => 2 ** power),
  b: [512, 1024, 2048, 4096, 8192, 16384],
};

export async function sweep(session: Session, over: 'f' | 'b'): Promise<Findings> {
  const { shape } = session.options;
  const shapes: Shape[] = SIZES[over].map((size) =>
    over === 'f' ? { ...shape, F: size } : { ...shape, B: size },
  );
  const entries: Entry[] = [];
  for (const one of shapes) {
    const contender = await session.openOurs('topk-step', one);
    entries.push({ name: `B ${one.B}, F ${one.F}`, contender, operation: 'step' });
  }
  const { measurements } = await session.measure(entries);
  const line = fitLine(
    SIZES[over],
    measurements.map(({ median }) => median),
  );
  const perTokenFeatureNs = measurements.map(({ median }, i) => (1e6 * median) / (shapes[i].B * shapes[i].F));
  // Which of two buffers grew is not to be seen at one size, but a B x F buffer would grow with B by 4 F a row.
  const peakBytesPerUnit = fitLine(
    SIZES[over],
    measurements.map(({ peakBytes }) => Math.max(1, peakBytes)),
  ).slope;
  const preActsBytesPerUnit = 4 * (over === 'f' ? shape.B : shape.F);
  const flatness = Math.max(...perTokenFeatureNs) / Math.min(...perTokenFeatureNs);
  const unit = over === 'f' ? 'feature' : 'row';
  return {
    keys: {
      shape,
      ...describeContenders(entries[0].contender),
      sweep: over,
      points: measurements.map(({ median, peakBytes }, i) => ({
        shape: shapes[i],
        medianMs: median,
        tokensPerSecond: tokensPerSecond(shapes[i].B, median),
        perTokenFeatureNs: perTokenFeatureNs[i],
        peakBytes,
      })),
      line: { interceptMs: line.intercept, slopeMs: line.slope, deviation: line.deviation },
      flatness,
      peakBytesPerUnit,
      preActsBytesPerUnit,
      measurements: describeMeasurements(measurements),
    },
    header: ['step', 'median ms', 'line ms', 'tokens/s', 'ns per token and feature', 'peak MiB'],
    rows: measurements.map(({ name, median, peakBytes }, i) => [
      name,
      formatNumber(median),
      formatNumber(line.intercept + line.slope * SIZES[over][i]),
      formatNumber(tokensPerSecond(shapes[i].B, median)),
      perTokenFeatureNs[i].toFixed(2),
      formatMebibytes(peakBytes),
    ]),
    notes: [
      `straight line: ${formatNumber(line.intercept)} ms + ${line.slope.toPrecision(3)} ms per ${unit}, ` +
        `no size further off than ${formatNumber(100 * line.deviation)} %`,
      `peak memory grows by ${formatNumber(peakBytesPerUnit / 1024)} KiB per ${unit}; ` +
        `a B x F buffer would by ${formatNumber(preActsBytesPerUnit / 1024)}`,
      `cost per token and feature, largest over smallest: ${formatNumber(flatness)}`,
    ],
  };
}
