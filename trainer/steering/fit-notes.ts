/** What a finished training says about itself, for whoever reads its numbers: outcomes that are none of its doing. */
import type { TrainingPoint } from './record.ts';
import type { SteeringSettings } from './settings.ts';

/** From this share on the limit shapes what is learned. */
const MUCH_CUT = 0.2;

export function noteCurve(curve: readonly TrainingPoint[], { maxTokens }: SteeringSettings): string[] {
  const notes: string[] = [];
  if (curve.every(({ gradientNorm }) => gradientNorm === 0)) {
    notes.push(
      'At every step all responses to a prompt earned the same ' +
        `(mean reward ${mean(curve.map(({ reward }) => reward)).toFixed(2)}): the gradient was zero and nothing was learned.`,
    );
  }
  const cutShare = mean(curve.map((point) => point.cutShare));
  if (cutShare >= MUCH_CUT) {
    notes.push(
      `${Math.round(100 * cutShare)} % of the responses wrote no stop token within ${maxTokens} tokens and counted as wrong.`,
    );
  }
  return notes;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
