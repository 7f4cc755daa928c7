/**
 * Muon: momentum whose update is made orthogonal, for the matrices of hidden layers (Jordan 2024,
 * https://kellerjordan.github.io/posts/muon), scaled to Adam's usual step size (Liu et al. 2025, 2502.16982, s.2.2), so
 * that both take one learning rate. Embeddings and vectors stay with Adam. Knows nothing of what is optimised.
 */
import type { Tensor2D, Variable } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { NamedTensors, NamedVariables } from './adam.ts';

export interface MuonSettings {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Multiplies every gradient: what clip.ts gives. */
  readonly gradientScale: number;
}

export interface MuonState {
  readonly momenta: NamedVariables;
}

/** Jordan's quintic: its singular values end in 0.7..1.2 after five steps, near enough to 1. */
const [A, B, C] = [3.4445, -4.775, 2.0315];
const ITERATIONS = 5;

export function initMuon(parameters: NamedVariables): MuonState {
  const zeros = (parameter: Variable) => tf.tidy(() => tf.variable(tf.zerosLike(parameter), false));
  return {
    momenta: Object.fromEntries(Object.entries(parameters).map(([name, one]) => [name, zeros(one)])),
  };
}

/** One step, in place on parameters and momenta. */
export function updateMuon(
  parameters: NamedVariables,
  gradients: NamedTensors,
  state: MuonState,
  settings: MuonSettings,
): void {
  const { learningRate, momentum, weightDecay, gradientScale } = settings;
  for (const [name, gradient] of Object.entries(gradients)) {
    const parameter = parameters[name];
    const buffer = state.momenta[name];
    if (!parameter || !buffer) {
      const known = Object.keys(parameters).join(', ');
      throw new Error(`muon: expected gradients of ${known}, got one of "${name}". Was initMuon given it?`);
    }
    tf.tidy(() => {
      const scaled = gradient.mul(gradientScale);
      buffer.assign(buffer.mul(momentum).add(scaled));
      const direction = orthogonalise(scaled.add(buffer.mul(momentum)) as Tensor2D);
      const size = learningRate * 0.2 * Math.sqrt(Math.max(...parameter.shape));
      parameter.assign(parameter.mul(1 - learningRate * weightDecay).sub(direction.mul(size)));
    });
  }
}

/** The nearest semi-orthogonal matrix, roughly: all singular values brought near 1 by Newton–Schulz steps. */
export function orthogonalise(matrix: Tensor2D): Tensor2D {
  return tf.tidy(() => {
    const isTall = matrix.shape[0] > matrix.shape[1];
    let x: Tensor2D = isTall ? matrix.transpose() : matrix;
    x = x.div(x.square().sum().sqrt().add(1e-7));
    for (let i = 0; i < ITERATIONS; i++) {
      const gram = tf.matMul(x, x, false, true);
      const polynomial = gram.mul(B).add(tf.matMul(gram, gram).mul(C)) as Tensor2D;
      x = x.mul(A).add(tf.matMul(polynomial, x));
    }
    return isTall ? x.transpose() : x;
  });
}

export function disposeMuon(state: MuonState): void {
  for (const momentum of Object.values(state.momenta)) momentum.dispose();
}
