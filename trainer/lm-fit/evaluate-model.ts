/** Held-out loss of a loaded model, through the door everything else uses (logits), not through training's. */
import { crossEntropy } from '../compute/layers.ts';
import type { LanguageModel } from '../lm/model.ts';
import { evaluate, type Evaluation, type EvaluationText } from './evaluate.ts';

export function evaluateModel(
  model: LanguageModel,
  texts: readonly EvaluationText[],
  maxWindows?: number,
): Evaluation {
  const { contextLength, vocabSize } = model.config;
  return evaluate(
    ({ inputs_BT, targets_N }) =>
      crossEntropy(model.logits(inputs_BT).reshape([targets_N.size, vocabSize]), targets_N),
    texts,
    { contextLength, maxWindows },
  );
}
