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
  const weights_N = new Float32Array(pass.rows.length * pass.length);
  pass.rows.forEach(({ rest, advantage, tokens: { length } }, row) => {
    const first = row * pass.length + rest.length - 1;
    weights_N.fill(advantage / tokens, first, first + length);
  });
  return surprisals(config, overlay, pass).mul(tf.tensor1d(weights_N)).sum();
}

/** -log pi of every next token, row by row, padding included, nats: token t of a response stands at rest.length - 1 + t. */
export function surprisals(config: DecoderConfig, overlay: Overlay, pass: PolicyPass): Tensor1D {
  return tf.tidy(() => {
    const logits_RTV = readRows(config, overlay, pass);
    const targets = pass.rows.flatMap(({ rest, tokens }) =>
      padded([...rest.slice(1), ...tokens], pass.length),
    );
    const logits_NV: Tensor2D = logits_RTV.reshape([targets.length, config.vocabSize]);
    return crossEntropy(logits_NV, tf.tensor1d(Int32Array.from(targets)));
  });
}

function readRows(config: DecoderConfig, overlay: Overlay, { prefixes, rows, length }: PolicyPass): Tensor3D {
  const shared = prefixes[0].length;
  const cache = createPromptCache(config, prefixes.length);
  try {
    return tf.tidy(() => {
      const edits = editsByHookpoint(overlay.edits, config);
      const read = (tokens: number[], B: number, onto: KvCache): Tensor3D => {
        const tokens_BT: Tensor2D = tf.tensor2d(tokens, [B, tokens.length / B], 'int32');
        return finishEdited(walk(overlay.parameters, config, tokens_BT, { cache: onto }), edits);
      };
      if (shared > 0) read(prefixes.flat(), prefixes.length, cache);
      // Behind its last token but one a response foretells nothing that is asked for.
      const inputs = rows.flatMap(({ rest, tokens }) => padded([...rest, ...tokens.slice(0, -1)], length));
      const prefix_R = tf.tensor1d(Int32Array.from(rows, ({ prefix }) => prefix));
      return unembed(overlay.parameters, config, read(inputs, rows.length, cache.behind(prefix_R, shared)));
    });
  } finally {
    cache.dispose();
  }
}

/** What stands behind is not looked at: it has no weight, and no earlier position sees it. */
function padded(tokens: readonly number[], length: number): number[] {
  return [...tokens, ...new Array<number>(length - tokens.length).fill(0)];
}
