/** What a training of vectors tells while it works, as metric points and as lines. */
import type { SteeringOutcome, SteeringProgress } from '../../steering/fit.ts';
import type { MetricPoint } from '../../store/metric-points.ts';

/** `layers` that the norms belong to. */
export function metricsOf(
  { point, learningRate }: SteeringProgress,
  layers: readonly number[],
): MetricPoint[] {
  const { step, norms } = point;
  const values: Record<string, number> = {
    reward: point.reward,
    accuracy: point.accuracy,
    entropy: point.entropyNats,
    'response-length': point.responseLength,
    'cut-share': point.cutShare,
    'gradient-norm': point.gradientNorm,
    learningRate,
    tokens: point.tokens,
    ...Object.fromEntries(norms.map((norm, i) => [`vector-norm-${layers[i]}`, norm])),
  };
  return Object.entries(values).map(([name, value]) => ({ name, step, value }));
}

export function sayTimes({ curve, stepMs }: SteeringOutcome, say: (line: string) => void): void {
  const { generate, learn, other } = stepMs;
  const total = generate + learn + other;
  const tokens = curve.at(-1)?.tokens ?? 0;
  if (total === 0 || tokens === 0) return;
  const share = (ms: number): string => `${Math.round((100 * ms) / total)} %`;
  const perSecond = (ms: number): string =>
    Math.round((1000 * tokens) / (curve.length * ms)).toLocaleString('en');
  say(
    `${tokens.toLocaleString('en')} tokens generated at ${perSecond(generate)} tokens/s, ${perSecond(total)} with learning; ` +
      `a step takes ${Math.round(total)} ms: ${share(generate)} generating, ${share(learn)} learning, ${share(other)} the rest`,
  );
}
