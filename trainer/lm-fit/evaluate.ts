/**
 * Held-out loss: mean next-token cross-entropy in nats over consecutive windows, each token but a window's first predicted
 * once from at most contextLength tokens before it. Sums in float64.
 */
import type { Tensor1D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import { createTokenBatch, type TokenBatch } from './token-batch.ts';

export interface EvaluationText {
  readonly corpus: string;
  readonly tokens: ArrayLike<number>;
}

export interface CorpusLoss {
  readonly corpus: string;
  readonly lossNats: number;
  /** Predicted tokens. */
  readonly tokenCount: number;
}

export interface Evaluation {
  /** Over all tokens of all corpora. */
  readonly lossNats: number;
  readonly tokenCount: number;
  readonly byCorpus: readonly CorpusLoss[];
}

export interface EvaluateOptions {
  readonly contextLength: number;
  /** Windows per forward pass. */
  readonly rows?: number;
  /** Of each corpus, the first ones; all when absent. */
  readonly maxWindows?: number;
}

/** Cross-entropy of every target, in order. */
export type Losses = (batch: TokenBatch) => Tensor1D;

export function evaluate(
  losses: Losses,
  texts: readonly EvaluationText[],
  options: EvaluateOptions,
): Evaluation {
  const byCorpus = texts.map((text) => evaluateText(losses, text, options));
  const tokenCount = byCorpus.reduce((sum, one) => sum + one.tokenCount, 0);
  const sumNats = byCorpus.reduce((sum, one) => sum + one.lossNats * one.tokenCount, 0);
  return { lossNats: sumNats / tokenCount, tokenCount, byCorpus };
}

function evaluateText(
  losses: Losses,
  { corpus, tokens }: EvaluationText,
  { contextLength, rows = 16, maxWindows = Infinity }: EvaluateOptions,
): CorpusLoss {
  // Windows overlap by the one token that is the last target of one and the first input of the next.
  const windowCount = Math.min(maxWindows, Math.floor((tokens.length - 1) / contextLength));
  if (windowCount < 1) {
    throw new Error(
      `Held-out text of ${corpus}: expected more than ${contextLength} tokens, got ${tokens.length}. ` +
        'Choose a longer corpus or a shorter context.',
    );
  }
  let sumNats = 0;
  for (let first = 0; first < windowCount; first += rows) {
    const tokens_BT1: number[] = [];
    for (let window = first; window < Math.min(windowCount, first + rows); window++) {
      for (let t = 0; t <= contextLength; t++) tokens_BT1.push(tokens[window * contextLength + t]);
    }
    for (const loss of tf.tidy(() => losses(createTokenBatch(tokens_BT1, contextLength)).dataSync()))
      sumNats += loss;
  }
  const tokenCount = windowCount * contextLength;
  return { corpus, lossNats: sumNats / tokenCount, tokenCount };
}
