/**
 * REINFORCE: the loss -1/N sum_i A_i sum_t log pi(y_it) of sampled responses and its gradient by the adapter's variables, pass
 * by pass. No KL, clip or reference model. 2509.06608 s.2
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { crossEntropy } from '../compute/layers.ts';
import { tf } from '../compute/tf.ts';
import type { DecoderConfig } from '../lm/config.ts';
import { unembed, walk } from '../lm/decoder.ts';
import { editsByHookpoint, finishEdited } from '../lm/edits.ts';
import type { KvCache } from '../lm/kv-cache.ts';
import type { Parameters } from '../lm/parameters.ts';
import type { Adapter } from './adapter.ts';
import type { Overlay } from './overlay.ts';
import type { PolicyPass } from './policy-passes.ts';
import { createPromptCache } from './tape-cache.ts';

export interface PolicyModel {
  readonly config: DecoderConfig;
  readonly parameters: Parameters;
}

export type Gradients = Record<string, Tensor>;

/** Summed over the passes; `tokens` N of the whole batch, those of responses that are left out included. */
export function policyGradients(
  model: PolicyModel,
  adapter: Adapter,
  passes: readonly PolicyPass[],
  tokens: number,
): Gradients {
  const total: Gradients = {};
  for (const pass of passes) {
    for (const [name, gradient] of Object.entries(gradientsOf(model, adapter, pass, tokens))) {
      const before = total[name];
      total[name] = before ? tf.add(before, gradient) : gradient;
      if (before) tf.dispose([before, gradient]);
    }
  }
  return total;
}

function gradientsOf(model: PolicyModel, adapter: Adapter, pass: PolicyPass, tokens: number): Gradients {
  const nameOf = new Map(Object.entries(adapter.variables).map(([name, variable]) => [variable.name, name]));
  const { value, grads } = tf.variableGrads(
    () => policyLoss(model, adapter.apply(model.parameters), pass, tokens),
    Object.values(adapter.variables),
  );
  value.dispose();
  return Object.fromEntries(Object.entries(grads).map(([name, gradient]) => [nameOf.get(name)!, gradient]));
}

/** Of one pass; the sum over passes is the loss. */
export function policyLoss(
  { config }: Pick<PolicyModel, 'config'>,
  overlay: Overlay,
  pass: PolicyPass,
  tokens: number,
): Scalar {
  const T = longest(pass);
  const weights_N = new Float32Array(pass.rows.length * T);
  pass.rows.forEach(({ advantage, tokens: { length } }, row) =>
    weights_N.fill(advantage / tokens, row * T, row * T + length),
  );
  return surprisals(config, overlay, pass).mul(tf.tensor1d(weights_N)).sum();
}

/** -log pi of every token of the responses, row by row, padded to the longest; nats. */
export function surprisals(config: DecoderConfig, overlay: Overlay, pass: PolicyPass): Tensor1D {
  return tf.tidy(() => {
    const T = longest(pass);
    const logits_RTV = responseLogits(config, overlay, pass);
    const targets = pass.rows.flatMap(({ tokens }) => padded(tokens, T));
    const logits_NV: Tensor2D = logits_RTV.reshape([targets.length, config.vocabSize]);
    return crossEntropy(logits_NV, tf.tensor1d(targets, 'int32'));
  });
}

/** The logits that each token of the responses was drawn from: position t of a row stands for its token t. */
export function responseLogits(config: DecoderConfig, overlay: Overlay, pass: PolicyPass): Tensor3D {
  const [P, shared] = [pass.prompts.length, pass.prompts[0].length - 1];
  const cache = createPromptCache(config, P);
  try {
    return tf.tidy(() => {
      const edits = editsByHookpoint(overlay.edits, config);
      const read = (tokens: number[][], onto: KvCache): Tensor3D => {
        const tokens_BT: Tensor2D = tf.tensor2d(tokens, [tokens.length, tokens[0].length], 'int32');
        return finishEdited(walk(overlay.parameters, config, tokens_BT, { cache: onto }), edits);
      };
      if (shared > 0) {
        const before = pass.prompts.map((prompt) => prompt.slice(0, -1));
        read(before, cache);
      }
      const prompt_R = tf.tensor1d(Int32Array.from(pass.rows, ({ prompt }) => prompt));
      return unembed(overlay.parameters, config, read(inputsOf(pass), cache.behind(prompt_R, shared)));
    });
  } finally {
    cache.dispose();
  }
}

/** The prompt's last token foretells the response's first; its last foretells nothing that is asked for. */
function inputsOf(pass: PolicyPass): number[][] {
  const T = longest(pass);
  return pass.rows.map(({ prompt, tokens }) =>
    padded([pass.prompts[prompt].at(-1)!, ...tokens.slice(0, -1)], T),
  );
}

const longest = ({ rows }: PolicyPass): number => Math.max(...rows.map(({ tokens }) => tokens.length));

/** Behind the last token nothing is looked at: no weight, and no earlier position sees it. */
function padded(tokens: readonly number[], T: number): number[] {
  return [...tokens, ...new Array<number>(T - tokens.length).fill(0)];
}
