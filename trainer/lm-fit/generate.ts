/** Text from a model, token by token, for a look at what it learned. Recomputes the whole context at each step: slow, short. */
import type { Tensor2D } from '@tensorflow/tfjs';
import type { Rng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import type { LanguageModel } from '../lm/model.ts';

export interface GenerateOptions {
  readonly tokenCount: number;
  readonly temperature: number;
  readonly rng: Rng;
}

export function generate(model: LanguageModel, prompt: string, options: GenerateOptions): string {
  const ids = model.tokenizer.encode(prompt);
  const { contextLength } = model.config;
  for (let i = 0; i < options.tokenCount; i++) {
    const context = ids.slice(-contextLength);
    const logits = tf.tidy(() => {
      const tokens_BT: Tensor2D = tf.tensor2d(context, [1, context.length], 'int32');
      return model
        .logits(tokens_BT)
        .slice([0, context.length - 1, 0])
        .dataSync();
    });
    const id = pickToken(logits as Float32Array, options);
    if (id === model.tokenizer.endOfText) break;
    ids.push(id);
  }
  return model.tokenizer.decode(ids);
}

function pickToken(logits: Float32Array, { temperature, rng }: GenerateOptions): number {
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  let rest = rng.next() * weights.reduce((a, b) => a + b, 0);
  for (let id = 0; id < weights.length; id++) if ((rest -= weights[id]) < 0) return id;
  return weights.length - 1;
}
