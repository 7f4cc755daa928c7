/** Training progress as plain lines, one per interval: loss, speed, time left. */
import type { FitProgress } from '../../lm-fit/fit.ts';

/** Returns the line to print, or undefined while the interval lasts. Held-out measurements are always printed. */
export function createProgressLine(
  now: () => number,
  everyMs: number,
): (progress: FitProgress) => string | undefined {
  let last: { atMs: number; tokens: number } | undefined;
  let losses: number[] = [];
  return (progress) => {
    const atMs = now();
    losses.push(progress.lossNats);
    last ??= { atMs, tokens: progress.tokens };
    const isDue = atMs - last.atMs >= everyMs || progress.step === progress.stepTotal;
    const lines = isDue ? [formatProgress(progress, losses, last, atMs)] : [];
    if (isDue) [last, losses] = [{ atMs, tokens: progress.tokens }, []];
    if (progress.evaluation) {
      const parts = progress.evaluation.byCorpus.map((one) => `${one.corpus} ${one.lossNats.toFixed(3)}`);
      lines.push(`  held out, nats per token: ${parts.join(', ')}`);
    }
    return lines.length > 0 ? lines.join('\n') : undefined;
  };
}

function formatProgress(
  { step, stepTotal, tokens, gradientNorm }: FitProgress,
  losses: readonly number[],
  last: { atMs: number; tokens: number },
  atMs: number,
): string {
  const lossNats = losses.reduce((a, b) => a + b, 0) / losses.length;
  const tokensPerSecond = (1000 * (tokens - last.tokens)) / Math.max(1, atMs - last.atMs);
  const tokensLeft = (tokens / step) * (stepTotal - step);
  const leftMinutes = tokensPerSecond > 0 ? (tokensLeft / tokensPerSecond / 60).toFixed(1) : '?';
  return (
    `step ${step}/${stepTotal}  loss ${lossNats.toFixed(3)}  gradient ${gradientNorm.toFixed(2)}  ` +
    `${Math.round(tokensPerSecond)} tokens/s  ${leftMinutes} min left`
  );
}
