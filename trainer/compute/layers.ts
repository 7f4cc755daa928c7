/**
 * Differentiable transformer layers on any backend: shapes are checked here, once; the work is done by the fused
 * implementation of the current backend where there is one (native/), else by plain tfjs operations (reference/layers.ts).
 * Axes: B batch, T positions, D hidden, H query heads, G key heads (H a multiple of G), S keys (T, or more with a cache),
 * C channels of a head, N rows, V vocabulary, O outputs, I inputs. Knows no parameters' names and no model.
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { composedLayers } from './reference/layers.ts';
import { tf } from './tf.ts';

export interface Layers {
  embed(table_VD: Tensor2D, tokens_BT: Tensor2D): Tensor3D;
  rmsNorm<T extends Tensor>(x: T, weight_D: Tensor1D, eps: number): T;
  rope(x_BHTC: Tensor4D, theta: number, firstPosition: number): Tensor4D;
  causalAttention(q_BHTC: Tensor4D, k_BGSC: Tensor4D, v_BGSC: Tensor4D): Tensor4D;
  swiglu<T extends Tensor>(gate: T, up: T): T;
  linear(x: Tensor, weight_OI: Tensor2D): Tensor;
  crossEntropy(logits_NV: Tensor2D, targets_N: Tensor1D): Tensor1D;
}

const fusedByBackend = new Map<string, Partial<Layers>>();

/** Called once by a backend that has faster layers than the composed ones. */
export function useFusedLayers(backendName: string, layers: Partial<Layers>): void {
  fusedByBackend.set(backendName, layers);
}

/** Callers below wrap it in tidy: what a layer makes on the way is gone when it returns. */
function layer<K extends keyof Layers>(name: K): Layers[K] {
  return (fusedByBackend.get(tf.getBackend())?.[name] ?? composedLayers[name]) as Layers[K];
}

function refuse(name: string, expected: string, ...got: [label: string, tensor: Tensor][]): never {
  const shapes = got
    .map(([label, tensor]) => `${label} ${tensor.dtype} [${tensor.shape.join(', ')}]`)
    .join(', ');
  throw new Error(`${name}: expected ${expected}, got ${shapes}. Check the axes of the call.`);
}

/** Rows of the table, one per token. tokens must be int32 below V. */
export function embed(table_VD: Tensor2D, tokens_BT: Tensor2D): Tensor3D {
  if (table_VD.rank !== 2 || tokens_BT.rank !== 2 || tokens_BT.dtype !== 'int32') {
    refuse(
      'embed',
      'table float32 [V, D] and tokens int32 [B, T]',
      ['table', table_VD],
      ['tokens', tokens_BT],
    );
  }
  return tf.tidy(() => layer('embed')(table_VD, tokens_BT));
}

/** x / sqrt(mean(x²) + eps) * weight over the last axis. */
export function rmsNorm<T extends Tensor>(x: T, weight_D: Tensor1D, eps: number): T {
  if (weight_D.rank !== 1 || x.shape.at(-1) !== weight_D.shape[0]) {
    refuse('rmsNorm', 'x [..., D] and weight [D]', ['x', x], ['weight', weight_D]);
  }
  return tf.tidy(() => layer('rmsNorm')(x, weight_D, eps));
}

/** Rotary position embedding of positions firstPosition .. firstPosition + T - 1; channels c and c + C/2 form a pair. */
export function rope(x_BHTC: Tensor4D, theta: number, firstPosition = 0): Tensor4D {
  if (x_BHTC.rank !== 4 || x_BHTC.shape[3] % 2 !== 0)
    refuse('rope', 'x [B, H, T, C] with C even', ['x', x_BHTC]);
  return tf.tidy(() => layer('rope')(x_BHTC, theta, firstPosition));
}

/** softmax(q kᵀ / sqrt(C)) v over keys not in the future; query head h reads key head floor(h G / H). */
export function causalAttention(q_BHTC: Tensor4D, k_BGSC: Tensor4D, v_BGSC: Tensor4D): Tensor4D {
  const [B, H, T, C] = q_BHTC.shape;
  const [, G, S] = k_BGSC.shape;
  const fits =
    q_BHTC.rank === 4 &&
    k_BGSC.rank === 4 &&
    H % G === 0 &&
    S >= T &&
    String(k_BGSC.shape) === String([B, G, S, C]) &&
    String(v_BGSC.shape) === String(k_BGSC.shape);
  if (!fits) {
    const expected = 'q [B, H, T, C], k and v [B, G, S, C] with H a multiple of G and S >= T';
    refuse('causalAttention', expected, ['q', q_BHTC], ['k', k_BGSC], ['v', v_BGSC]);
  }
  return tf.tidy(() => layer('causalAttention')(q_BHTC, k_BGSC, v_BGSC));
}

/** gate * sigmoid(gate) * up. */
export function swiglu<T extends Tensor>(gate: T, up: T): T {
  if (String(gate.shape) !== String(up.shape))
    refuse('swiglu', 'two equal shapes', ['gate', gate], ['up', up]);
  return tf.tidy(() => layer('swiglu')(gate, up));
}

/** x weightᵀ over the last axis, weight in Hugging Face's [out, in] layout. */
export function linear<T extends Tensor>(x: T, weight_OI: Tensor2D): T {
  if (weight_OI.rank !== 2 || x.shape.at(-1) !== weight_OI.shape[1]) {
    refuse('linear', 'x [..., I] and weight [O, I]', ['x', x], ['weight', weight_OI]);
  }
  return tf.tidy(() => layer('linear')(x, weight_OI)) as T;
}

/** -log softmax(logits)[target] per row, in nats. targets int32 below V. */
export function crossEntropy(logits_NV: Tensor2D, targets_N: Tensor1D): Tensor1D {
  const fits = logits_NV.rank === 2 && targets_N.rank === 1 && logits_NV.shape[0] === targets_N.shape[0];
  if (!fits || targets_N.dtype !== 'int32') {
    refuse(
      'crossEntropy',
      'logits [N, V] and targets int32 [N]',
      ['logits', logits_NV],
      ['targets', targets_N],
    );
  }
  return tf.tidy(() => layer('crossEntropy')(logits_NV, targets_N));
}
